/** What `kargo manifests` prints, applied by the real kubectl with everything that is not known refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kargo } from '../apiserver/kargo-process.ts';
import { findKubectl, openKubectl, type KubectlSession } from '../apiserver/kubectl.ts';

const kubectl = await findKubectl();
if (kubectl === undefined) console.warn('skipped: there is no kubectl (npm run tools)');

describe.skipIf(kubectl === undefined)('the printed manifests', () => {
  let session: KubectlSession;
  beforeAll(async () => {
    session = await openKubectl(kubectl ?? '');
  });
  afterAll(() => session?.close());

  const all = [
    '--namespace',
    'delivery',
    '--image',
    'registry.example/kargo:1',
    '--shards',
    'east,west',
    '--analysis',
    '--gitops-agent',
  ];

  it('are applied as they are, and again without a change', { timeout: 120_000 }, async () => {
    const printed = await kargo(['manifests', ...all]);
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    const apply = ['apply', '--validate=strict', '--server-side', '--force-conflicts', '-f', '-'];
    const first = await session.run(apply, { input: printed.stdout });
    expect(first.code).toBe(0);
    // The embedded API says that it has no Services; there is nothing else to warn of.
    for (const line of first.stderr.split('\n').filter((text) => text !== ''))
      expect(line).toMatch(/^Warning: webhook "[a-z]+\.kargo\.akuity\.io" is not called: here are no Services/);
    expect(first.stdout).toContain('deployment.apps/kargo-controller-west serverside-applied');
    const plain = await session.run(['apply', '--validate=strict', '--dry-run=server', '-f', '-'], { input: printed.stdout });
    expect(plain.code).toBe(0);
    const deployments = await session.ok(['get', 'deployments', '-n', 'delivery', '-o', 'name']);
    expect(deployments.trim().split('\n').toSorted()).toEqual(
      [
        'kargo-api',
        'kargo-controller',
        'kargo-controller-east',
        'kargo-controller-west',
        'kargo-gitops-agent',
        'kargo-webhooks',
      ].map((name) => `deployment.apps/${name}`),
    );
    const account = 'system:serviceaccount:delivery:kargo-controller-east';
    const may = (...question: string[]): Promise<{ stdout: string }> =>
      session.run(['auth', 'can-i', ...question, '--as', account]);
    expect((await may('promote', 'stages', '-n', 'shop')).stdout.trim()).toBe('yes');
    expect((await may('create', 'namespaces')).stdout.trim()).toBe('no');
  });

  it('leave out what they are told to, and refuse what cannot be', { timeout: 60_000 }, async () => {
    const { stdout } = await kargo(['manifests', '--no-crds', '--no-webhooks', '--replicas', '1']);
    expect(stdout).not.toMatch(/CustomResourceDefinition|kind: \w+WebhookConfiguration|cluster-admin/);
    expect(stdout).toContain('replicas: 1');
    expect(await kargo(['manifests', '--shards', 'No Shard'])).toMatchObject({ code: 1 });
    expect(await kargo(['manifests', '--replicas', '0'])).toMatchObject({ code: 1 });
  });
});

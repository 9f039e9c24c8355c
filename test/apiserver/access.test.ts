import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  clientCertificate,
  issueCertificate,
  kubeconfig,
  parseUpConfig,
  startControlPlane,
  type ControlPlane,
} from '@kargo/controlplane';
import { silentLog } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kargo } from './kargo-process.ts';
import { findKubectl, findKubectls, openKubectl, runKubectl, type KubectlSession, type Outcome } from './kubectl.ts';

const kubectl = await findKubectl();
const kubectls = await findKubectls();

describe.each(kubectls)('kubectl $version and access', ({ kubectl: program }) => {
  let session: KubectlSession;
  const ok: KubectlSession['ok'] = (args, options) => session.ok(args, options);
  const run: KubectlSession['run'] = (args, options) => session.run(args, options);

  beforeAll(async () => {
    session = await openKubectl(program);
    await ok(['create', 'namespace', 'demo']);
    await ok(['create', 'serviceaccount', 'bot']);
    await ok(['create', 'role', 'reader', '--verb=get,list', '--resource=configmaps']);
    await ok(['create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=demo:bot', '--user=guest']);
  });
  afterAll(() => session.close());

  it('auth can-i', async () => {
    const ask = async (...args: string[]): Promise<string> => (await run(['auth', 'can-i', ...args])).stdout.trim();
    expect(await ask('list', 'configmaps', '--as', 'guest')).toBe('yes');
    expect(await ask('list', 'configmaps', '--as', 'system:serviceaccount:demo:bot')).toBe('yes');
    expect(await ask('list', 'configmaps', '--as', 'guest', '-n', 'default')).toBe('no');
    expect(await ask('delete', 'configmaps', '--as', 'guest')).toBe('no');
    expect(await ask('get', '/version', '--as', 'guest')).toBe('yes');
    expect(await ask('create', 'serviceaccounts/token', '--as', 'guest')).toBe('no');
  });

  it('auth can-i --list', async () => {
    const table = await ok(['auth', 'can-i', '--list', '--as', 'guest']);
    expect(table).toMatch(/^configmaps +\[\] +\[\] +\[get list\]$/m);
    expect(table).toMatch(/^selfsubjectreviews\.authentication\.k8s\.io +\[\] +\[\] +\[create\]$/m);
    expect(table).toMatch(/^ +\[\/version\] +\[\] +\[get\]$/m);
  });

  it('auth whoami', async () => {
    const table = await ok(['auth', 'whoami', '--as', 'guest', '--as-group', 'staff', '--as-uid', '7']);
    expect(table).toMatch(/^Username +guest$/m);
    expect(table).toMatch(/^UID +7$/m);
    expect(table).toMatch(/^Groups +\[staff system:authenticated\]$/m);
  });

  it('says what is forbidden', async () => {
    expect((await run(['get', 'secrets', '--as', 'guest'])).stderr).toBe(
      'Error from server (Forbidden): secrets is forbidden: User "guest" cannot list resource "secrets" in API group "" in the namespace "demo"\n',
    );
  });

  it('auth reconcile', async () => {
    const role = (verbs: string): string =>
      `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: rec, namespace: demo}\nrules: [{apiGroups: [''], resources: [pods], verbs: [${verbs}]}]\n`;
    expect(await ok(['auth', 'reconcile', '-f', '-'], { input: role('get') })).toContain('rec reconciled');
    await ok(['auth', 'reconcile', '-f', '-'], { input: role('list') });
    expect(await ok(['get', 'role', 'rec', '-o', 'jsonpath={.rules[*].verbs}'])).toContain('list');
  });

  it('create token', async () => {
    const token = (await ok(['create', 'token', 'bot', '--duration', '20m', '--audience', 'vault'])).trim();
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, number>;
    expect((claims['exp'] ?? 0) - (claims['iat'] ?? 0)).toBe(1200);
    expect(claims).toMatchObject({ aud: ['vault'], sub: 'system:serviceaccount:demo:bot' });
    expect((await run(['create', 'token', 'nobody'])).stderr).toContain('serviceaccounts "nobody" not found');
  });
});

describe.skipIf(kubectl === undefined)('the control plane', () => {
  let plane: ControlPlane;
  let folder: string;
  const as = (token: string, ...args: string[]): Promise<Outcome> => {
    writeFileSync(join(folder, 'config'), kubeconfig({ address: plane.address, token, certificate: plane.certificate }));
    return runKubectl(kubectl ?? '', args, { HOME: folder, KUBECONFIG: join(folder, 'config') });
  };
  const admin = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await as(plane.kubeToken, ...args);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return stdout;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kargo-access-'));
    const config = parseUpConfig(['--data', join(folder, 'data'), '--listen', '127.0.0.1:0', '--job-executor', 'none'], {});
    if (config === undefined) throw new Error('no configuration');
    plane = await startControlPlane({ config, log: silentLog });
  }, 60_000);
  afterAll(async () => {
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lets ServiceAccounts in through both APIs with the rights that are bound to them', async () => {
    await admin('create', 'serviceaccount', 'viewer', '-n', 'default');
    const token = (await admin('create', 'token', 'viewer', '-n', 'default')).trim();
    const rest = async (path: string): Promise<number> =>
      (await fetch(plane.address + path, { headers: { authorization: `Bearer ${token}` } })).status;
    expect((await as(token, 'get', 'projects')).stderr).toContain('cannot list resource "projects"');
    expect(await rest('/v1beta1/system/cluster-config')).toBe(403);
    await admin('create', 'clusterrolebinding', 'viewer', '--clusterrole=kargo-viewer', '--serviceaccount=default:viewer');
    expect((await as(token, 'get', 'projects')).code).toBe(0);
    expect(await rest('/v1beta1/system/cluster-config')).toBe(404);
    expect((await as(token, 'auth', 'whoami')).stdout).toContain('system:serviceaccount:default:viewer');
    expect((await as(token, 'get', 'secrets')).stderr).toContain('forbidden');
    await admin('delete', 'serviceaccount', 'viewer', '-n', 'default');
    expect((await as(token, 'get', 'projects')).stderr).toContain('Unauthorized');
  });

  it('lets clients in by certificates of its own authority, with the rights of their user and groups', async () => {
    const data = join(folder, 'data');
    writeFileSync(
      join(data, 'kubeconfig'),
      kubeconfig({ address: plane.address, token: 'none', certificate: plane.certificate }),
    );
    const certified = async (...flags: string[]): Promise<Outcome> => {
      const made = await kargo(['client-certificate', 'jane', '--data', data, ...flags]);
      expect(made).toMatchObject({ code: 0, stderr: '' });
      writeFileSync(join(folder, 'jane'), made.stdout);
      return runKubectl(kubectl ?? '', ['auth', 'whoami'], { HOME: folder, KUBECONFIG: join(folder, 'jane') });
    };
    const jane = await certified('--group', 'staff,ops');
    expect(jane.stdout).toMatch(/Username +jane\nGroups +\[staff ops system:authenticated\]/);
    const get = (): Promise<Outcome> =>
      runKubectl(kubectl ?? '', ['get', 'cm', '-n', 'default'], { HOME: folder, KUBECONFIG: join(folder, 'jane') });
    expect((await get()).stderr).toContain('User "jane" cannot list resource "configmaps"');
    await admin('create', 'rolebinding', 'staff', '--clusterrole=view', '--group=staff', '-n', 'default');
    expect((await get()).code).toBe(0);
    const stranger = clientCertificate(
      issueCertificate({ name: 'kargo-clients', hosts: [], from: Date.now() - 1000, to: Date.now() + 60_000, use: 'authority' }),
      { name: 'jane', groups: ['system:masters'] },
      { now: Date.now(), milliseconds: 60_000 },
    );
    writeFileSync(join(folder, 'cert'), stranger.cert);
    writeFileSync(join(folder, 'key'), stranger.key);
    const flags = ['--client-certificate', join(folder, 'cert'), '--client-key', join(folder, 'key')];
    const config = join(data, 'kubeconfig');
    const refused = await runKubectl(kubectl ?? '', ['get', 'cm', ...flags], { HOME: folder, KUBECONFIG: config });
    expect(refused.stderr).toMatch(/Unauthorized|must be logged in/);
  });

  it('comes with roles for people, aggregated where Kubernetes aggregates them', async () => {
    const names = await admin('get', 'clusterroles', '-o', 'name');
    for (const name of ['admin', 'cluster-admin', 'edit', 'view', 'kargo-admin', 'kargo-viewer', 'kargo-project-admin'])
      expect(names).toContain(`clusterrole.rbac.authorization.k8s.io/${name}\n`);
    await admin('create', 'rolebinding', 'reader', '--clusterrole=view', '--user=guest', '-n', 'default');
    expect(await admin('auth', 'can-i', 'list', 'stages.kargo.akuity.io', '--as', 'guest', '-n', 'default')).toBe('yes\n');
  });
});

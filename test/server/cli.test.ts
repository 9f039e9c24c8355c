import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { annotations, Freight, Promotion, Stage } from '@kargo/api';
import { runCLI, type CLIIO } from '@kargo/cli';
import { nextTurn } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { addFreight, openPipeline, PASSWORD, someFreight, type Harness } from './harness.ts';

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

const cleanup: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanup.splice(0).toReversed()) await clean();
});

/** The command line, logged in at a real server. */
async function open(): Promise<Harness & { folder: string; kargo: (...argv: string[]) => Promise<Ran> }> {
  const harness = await openPipeline();
  await harness.server.listen({ host: '127.0.0.1', port: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'kargo-cli-server-'));
  cleanup.push(
    () => rm(folder, { recursive: true }),
    () => harness.server.close(),
  );
  const { port } = harness.server.server.address() as AddressInfo;
  const kargo = async (...argv: string[]): Promise<Ran> => {
    const out = { stdout: '', stderr: '' };
    const io: CLIIO = {
      stdout: { write: (text) => (out.stdout += text) },
      stderr: { write: (text) => (out.stderr += text) },
      stdin: nothing(),
      env: { XDG_CONFIG_HOME: join(folder, 'config') },
      cwd: folder,
      fetch: (url, { method, headers, body, signal }) =>
        fetch(url, { method, headers, ...(body === undefined ? {} : { body }), ...(signal === undefined ? {} : { signal }) }),
      now: () => harness.clock.now(),
      sleep: (ms, options) => harness.clock.sleep(ms, options),
      isTTY: false,
      promptSecret: async () => PASSWORD,
      openBrowser: () => Promise.reject(new Error('there is no browser here')),
      run: () => Promise.reject(new Error('nothing can be run here')),
    };
    return { code: await runCLI(argv, io), ...out };
  };
  const login = await kargo('login', `http://127.0.0.1:${port}`, '--admin', '--password', PASSWORD);
  expect(login).toEqual({ code: 0, stdout: '', stderr: '' });
  await kargo('config', 'set-project', 'demo');
  return { ...harness, folder, kargo };
}

const MANIFEST = `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: qa, namespace: demo}
spec:
  requestedFreight:
  - origin: {kind: Warehouse, name: w}
    sources: {stages: [test]}
`;

describe('the command line at the server', () => {
  it('[S37] [S39] creates Stages from files, shows and deletes them', async () => {
    const { kargo, folder } = await open();
    await writeFile(join(folder, 'stage.yaml'), MANIFEST);
    expect((await kargo('create', '-f', 'stage.yaml')).stdout).toBe('stage.kargo.akuity.io/qa created\n');
    expect((await kargo('create', '-f', 'stage.yaml')).stderr).toContain('already exists');
    expect((await kargo('apply', '-f', 'stage.yaml')).stdout).toBe('stage.kargo.akuity.io/qa configured\n');
    const table = (await kargo('get', 'stage', 'qa', '--project', 'demo')).stdout.split('\n');
    expect(table[0]).toMatch(/^NAME +SHARD +CURRENT FREIGHT +HEALTH +READY +STATUS +AGE$/);
    expect(table[1]).toMatch(/^qa /);
    expect((await kargo('get', 'stages', '-o', 'jsonpath={.items[*].metadata.name}')).stdout).toBe('prod qa test uat');
    expect((await kargo('delete', 'stage', 'qa', '--project', 'demo')).stdout).toBe('stage.kargo.akuity.io/qa deleted\n');
    expect(await kargo('get', 'stage', 'qa')).toMatchObject({ code: 5, stderr: expect.stringContaining('not found') as unknown });
  });

  it('shows the fields of the seed that the reference does not know', async () => {
    const { kargo, client } = await open();
    const stage = await client.get(Stage, { namespace: 'demo', name: 'test' });
    await client.updateStatus(Stage, { ...stage, status: { phase: 'Steady' } } as Stage);
    expect((await kargo('get', 'stage', 'test', '-o', 'jsonpath={.status.phase}')).stdout).toBe('Steady');
  });

  it('[S45] shows where Freight is verified, for one piece and for many', async () => {
    const { kargo, client } = await open();
    const verifiedIn = { test: { verifiedAt: '2026-01-01T00:00:00Z' } };
    await addFreight(client, someFreight('f1', '1.0.0', { verifiedIn }));
    const show = async (): Promise<unknown> =>
      JSON.parse(
        (await kargo('get', 'freight', '--project', 'demo', '--output', 'jsonpath-as-json={.status}')).stdout,
      ) as unknown;
    expect(await show()).toEqual([{ verifiedIn }]);
    await addFreight(client, someFreight('f2', '2.0.0', { approvedFor: {} }));
    expect(await show()).toEqual([{ verifiedIn }, { approvedFor: {} }]);
  });

  it('[S38] promotes Freight, by hand and to all Stages behind one', async () => {
    const { kargo, client } = await open();
    await addFreight(client, someFreight('f1', '1.0.0', { verifiedIn: { test: {} } }));
    const promoted = await kargo('promote', '--project', 'demo', '--freight', 'f1', '--stage', 'test');
    expect(promoted.stdout).toMatch(/^promotion\.kargo\.akuity\.io\/test\.[0-9a-z]{26}\.f1 promotion created\n$/);
    expect((await kargo('promote', '--freight-alias', 'alias-f1', '--downstream-from', 'test')).code).toBe(0);
    expect((await client.list(Promotion)).items.map(({ spec }) => spec.stage)).toEqual(['test', 'uat']);
    const refused = await kargo('promote', '--freight', 'f1', '--stage', 'prod');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not available to Stage') as unknown });
    const [first] = (await client.list(Promotion)).items;
    const name = first?.metadata.name ?? '';
    expect((await kargo('promote', '--abort', '--name', name)).code).toBe(0);
    expect((await client.get(Promotion, { namespace: 'demo', name })).metadata.annotations).toHaveProperty([annotations.abort]);
    expect((await kargo('get', 'promotions', '--stage', 'test', '-o', 'name')).stdout).toBe(
      `promotion.kargo.akuity.io/${name}\n`,
    );
  });

  it('[S07] approves Freight', async () => {
    const { kargo, client } = await open();
    await addFreight(client, someFreight('f1', '1.0.0'));
    expect((await kargo('approve', '--freight', 'f1', '--stage', 'prod')).code).toBe(0);
    expect((await client.get(Freight, { namespace: 'demo', name: 'f1' })).status?.approvedFor).toHaveProperty('prod');
  });

  it('[S40] refreshes a Stage and waits until that was carried out', async () => {
    const { kargo, client } = await open();
    const refreshing = kargo('refresh', 'stage', 'test', '--project', 'demo', '--wait');
    for (;;) {
      await nextTurn();
      const stage = await client.get(Stage, { namespace: 'demo', name: 'test' });
      const token = stage.metadata.annotations?.[annotations.refresh];
      if (token === undefined) continue;
      await client.updateStatus(Stage, { ...stage, status: { lastHandledRefresh: token } } as Stage);
      break;
    }
    expect(await refreshing).toEqual({ code: 0, stdout: "Stage 'demo/test' refreshed\n", stderr: '' });
  });

  it('[S42] [S43] verifies a Stage again and stops it', async () => {
    const { kargo, client } = await open();
    const none = await kargo('verify', 'stage', 'test');
    expect(none).toMatchObject({ code: 6, stderr: expect.stringContaining('has no current Freight') as unknown });
    const stage = await client.get(Stage, { namespace: 'demo', name: 'test' });
    const freightHistory = [{ id: 'c', verificationHistory: [{ id: 'v', phase: 'Running' }] }];
    await client.updateStatus(Stage, { ...stage, status: { freightHistory } } as Stage);
    expect((await kargo('verify', 'stage', 'test')).code).toBe(0);
    expect((await kargo('verify', 'stage', 'test', '--abort')).code).toBe(0);
    const asked = (await client.get(Stage, { namespace: 'demo', name: 'test' })).metadata.annotations;
    expect(asked?.[annotations.reverify]).toContain('"id":"v"');
    expect(asked?.[annotations.abort]).toContain('"id":"v"');
  });

  it('tells every problem of a manifest at once', async () => {
    const { kargo, folder } = await open();
    await writeFile(
      join(folder, 'bad.yaml'),
      MANIFEST.replace('kind: Warehouse', 'kind: Repository').replace('sources:', 'source: {}\n    sources:'),
    );
    const { code, stderr } = await kargo('create', '-f', 'bad.yaml');
    expect(code).toBe(1);
    expect(stderr).toContain('spec.requestedFreight[0].source');
    expect(stderr).toContain('did you mean');
    expect(stderr).toContain('spec.requestedFreight[0].origin.kind');
  });
});

async function* nothing(): AsyncGenerator<string> {}

import { Promotion, Stage, type KubeObject } from '@kargo/api';
import { nextTurn } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFreight, someFreight } from '../server/harness.ts';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await addFreight(
    world.harness.client,
    someFreight('f1', 'v1', { verifiedIn: { test: { verifiedAt: '2026-01-01T00:00:00Z' } } }),
  );
});
afterAll(() => world.close());

/** Plays the controller: waits for an object that fits and changes its status. */
async function actOn<T extends KubeObject & { status?: unknown }>(
  kind: Parameters<typeof world.harness.client.list<T>>[0],
  fits: (object: T) => boolean,
  status: (object: T) => object,
): Promise<void> {
  const { client } = world.harness;
  for (;;) {
    const { items } = await client.list(kind, { namespace: 'demo' });
    const found = items.find(fits);
    if (found !== undefined) {
      await client.updateStatus(kind, { ...found, status: { ...(found.status as object | undefined), ...status(found) } });
      return;
    }
    await nextTurn();
  }
}

const STAGE = `
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: canary, namespace: demo}
spec:
  requestedFreight:
  - origin: {kind: Warehouse, name: w}
    sources: {direct: true}
  promotionTemplate:
    spec:
      steps:
      - uses: git-clear
        config: {path: "\${{ ctx.stage }}"}
`;

describe('the command line and the REST server', () => {
  it('log in and remember the project', async () => {
    const view = await world.kargo('config', 'view');
    expect(view.stdout).toContain(`apiAddress: ${world.address}`);
    expect(await world.kargo('config', 'get-project')).toMatchObject({ stdout: 'demo\n' });
    expect(await world.kargo('login', world.address, '--admin', '--password', 'wrong')).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^Error: login: 403 Forbidden: \{"error":"invalid password"\}/) as string,
    });
    expect(await world.kargo('get', 'projects', '-o', 'name')).toMatchObject({
      code: 0,
      stdout: 'project.kargo.akuity.io/demo\n',
    });
  });

  it('create, show, change and delete a Stage [S37] [S39]', async () => {
    world.file('stage.yaml', STAGE);
    expect(await world.kargo('create', '-f', 'stage.yaml')).toEqual({
      code: 0,
      stdout: 'stage.kargo.akuity.io/canary created\n',
      stderr: '',
    });
    expect(await world.kargo('create', '-f', 'stage.yaml')).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('409 Conflict') as string,
    });
    const shown = await world.kargo('get', 'stage', 'canary', '--project', 'demo');
    expect(shown.stdout).toMatch(/^NAME +SHARD +CURRENT FREIGHT +HEALTH +READY +STATUS +AGE\ncanary .*\n$/);
    const path = await world.kargo(
      'get',
      'stage',
      'canary',
      '-o',
      'jsonpath={.spec.promotionTemplate.spec.steps[0].config.path}',
    );
    expect(path.stdout).toBe('${{ ctx.stage }}');
    const yaml = await world.kargo('get', 'stage', 'canary', '-o', 'yaml');
    world.file('again.yaml', yaml.stdout);
    expect(await world.kargo('apply', '-f', 'again.yaml')).toMatchObject({
      code: 0,
      stdout: 'stage.kargo.akuity.io/canary configured\n',
    });
    expect(await world.kargo('delete', 'stage', 'canary')).toMatchObject({
      code: 0,
      stdout: 'stage.kargo.akuity.io/canary deleted\n',
    });
    expect(await world.kargo('get', 'stage', 'canary')).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/^Error: 404 Not Found: \{"error":".*not found"\}\n$/) as string,
    });
  });

  it('show where Freight is verified, for one and for many [S45]', async () => {
    const argv = ['get', 'freight', '--project', 'demo', '--output', 'jsonpath-as-json={.status}'];
    const one = await world.kargo(...argv);
    expect(JSON.parse(one.stdout)).toEqual([{ verifiedIn: { test: { verifiedAt: '2026-01-01T00:00:00Z' } } }]);
    await addFreight(world.harness.client, someFreight('f2', 'v2', { approvedFor: {} }));
    const many = await world.kargo(...argv);
    expect((JSON.parse(many.stdout) as object[]).map((status) => Object.keys(status))).toContainEqual(['verifiedIn']);
    expect(JSON.parse(many.stdout)).toHaveLength(2);
    const named = await world.kargo('get', 'freight', '--alias', 'alias-f1', '--no-headers');
    expect(named.stdout).toMatch(/^f1 +alias-f1 +Warehouse\/w /);
  });

  it('refresh a Stage and wait until it has been handled [S40]', async () => {
    const refresh = 'kargo.akuity.io/refresh';
    const waiting = world.kargo('refresh', 'stage', 'test', '--wait', '--timeout', '1m');
    await actOn<Stage>(
      Stage,
      ({ metadata }) => metadata.annotations?.[refresh] !== undefined,
      ({ metadata }) => ({ lastHandledRefresh: metadata.annotations?.[refresh] }),
    );
    expect(await waiting).toEqual({ code: 0, stdout: "Stage 'demo/test' refreshed\n", stderr: '' });
  });

  it.each([
    ['Succeeded', 0, /^$/],
    ['Failed', 8, /^Error: promotion "test\..*" ended as Failed: step "x" failed\n$/],
  ])('promote and wait for a Promotion that ends as %s [S38]', async (phase, code, stderr) => {
    const waiting = world.kargo('promote', '--stage', 'test', '--freight', 'f1', '--wait', '--timeout', '1m');
    await actOn<Promotion>(
      Promotion,
      ({ status }) => status?.phase === undefined,
      () => ({ phase, ...(phase === 'Failed' ? { message: 'step "x" failed' } : {}) }),
    );
    const said = await waiting;
    expect(said.code).toBe(code);
    expect(said.stdout).toMatch(/^promotion\.kargo\.akuity\.io\/test\.[0-9a-z]{26}\.f1 promotion created\n$/);
    expect(said.stderr).toMatch(stderr);
  });

  it('list Promotions and abort one', async () => {
    const created = await world.kargo(
      'promote',
      '--stage',
      'test',
      '--freight-alias',
      'alias-f1',
      '-o',
      'jsonpath={.metadata.name}',
    );
    expect(created.code).toBe(0);
    const list = await world.kargo('get', 'promotions', '--stage', 'test', '-o', 'jsonpath={.items[*].metadata.name}');
    expect(list.stdout.split(' ')).toContain(created.stdout);
    expect(await world.kargo('promote', '--abort', '--name', created.stdout)).toEqual({
      code: 0,
      stdout: `promotion.kargo.akuity.io/${created.stdout} abort requested\n`,
      stderr: '',
    });
    const aborted = await world.kargo(
      'get',
      'promotion',
      created.stdout,
      '-o',
      'jsonpath={.metadata.annotations.kargo\\.akuity\\.io/abort}',
    );
    expect(aborted.stdout).toContain('terminate');
  });

  it('approve Freight for a Stage it was not verified for', async () => {
    const unavailable = await world.kargo('promote', '--stage', 'prod', '--freight', 'f1');
    expect(unavailable).toMatchObject({ code: 1, stderr: expect.stringContaining('400 Bad Request') as string });
    expect(await world.kargo('approve', '--freight', 'f1', '--stage', 'prod')).toMatchObject({ code: 0 });
    const approved = await world.kargo('get', 'freight', 'f1', '-o', 'jsonpath={.status.approvedFor.prod.approvedAt}');
    expect(approved.stdout).toMatch(/^2026-/);
    expect(await world.kargo('promote', '--stage', 'prod', '--freight', 'f1')).toMatchObject({ code: 0 });
  });

  it('ask for verification again, and say why it cannot be [S42] [S43]', async () => {
    expect(await world.kargo('verify', 'stage', 'uat')).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/^Error: 4\d\d /) as string,
    });
    await actOn<Stage>(
      Stage,
      ({ metadata }) => metadata.name === 'test',
      () => ({
        freightHistory: [
          {
            id: 'c1',
            items: { 'Warehouse/w': { name: 'f1', origin: { kind: 'Warehouse', name: 'w' } } },
            verificationHistory: [{ id: 'v1', phase: 'Running', startTime: '2026-01-01T00:00:00Z' }],
          },
        ],
      }),
    );
    expect(await world.kargo('verify', 'stage', 'test', '--abort')).toMatchObject({
      code: 0,
      stdout: 'stage.kargo.akuity.io/test verification abort requested\n',
    });
    expect(await world.kargo('verify', 'stage', 'test')).toMatchObject({ code: 0 });
    const asked = await world.kargo('get', 'stage', 'test', '-o', 'jsonpath={.metadata.annotations}');
    expect(asked.stdout).toContain('v1');
  });

  it('say which versions they are', async () => {
    expect((await world.kargo('version')).stdout).toMatch(/^Client Version: v.*\nServer Version: .*\n$/);
  });
});

import { Project, Secret, Stage } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFreight, aStage, someFreight } from '../server/harness.ts';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  const { client } = world.harness;
  const chart = { repoURL: 'https://charts', name: 'app', version: '1.0.0' };
  await addFreight(client, someFreight('f1', 'v1', {}, { charts: [chart] }));
  const commits = [{ repoURL: 'https://git', id: '0123456789abcdef', branch: 'main' }];
  await addFreight(client, someFreight('f2', 'v2', {}, { commits }));
  for (const [stage, tag] of [
    ['test', 'v2'],
    ['uat', 'v1'],
  ]) {
    const stored = await client.get(Stage, { namespace: 'demo', name: stage ?? '' });
    const origin = { kind: 'Warehouse', name: 'w' } as const;
    const item = { name: `f-${stage}`, origin, images: [{ repoURL: 'registry/app', tag }] };
    await client.updateStatus(Stage, {
      ...stored,
      status: { freightHistory: [{ id: 'c', items: { 'Warehouse/w': item } }] },
    } as Stage);
  }
});
afterAll(() => world.close());

const yaml = (...objects: object[]): string => objects.map((object) => `---\n${JSON.stringify(object)}\n`).join('');

describe('kargo diff -f', () => {
  it('says nothing and ends well where nothing would change', async () => {
    world.file('same.yaml', yaml(aStage('test', { direct: true })));
    expect(await world.kargo('diff', '-f', 'same.yaml')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('shows what would change, with what the server adds, and changes nothing', async () => {
    const test = aStage('test', { direct: true }, { shard: 'eu' });
    world.file('changed.yaml', yaml(test, aStage('canary', { direct: true }), aStage('prod', { stages: ['uat'] })));
    const { code, stdout, stderr } = await world.kargo('diff', '-f', 'changed.yaml');
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain(
      '--- stage.kargo.akuity.io/test in demo (now)\n+++ stage.kargo.akuity.io/test in demo (applied)\n@@ ',
    );
    expect(stdout).toContain('+    kargo.akuity.io/shard: eu\n');
    expect(stdout).toContain('+  shard: eu\n');
    expect(stdout).toContain('--- /dev/null\n+++ stage.kargo.akuity.io/canary in demo (applied)\n@@ -0,0 +1,');
    expect(stdout).not.toMatch(/resourceVersion|generation|stage\.kargo\.akuity\.io\/prod/);
    const { client } = world.harness;
    expect((await client.get(Stage, { namespace: 'demo', name: 'test' })).spec.shard).toBeUndefined();
    await expect(client.get(Stage, { namespace: 'demo', name: 'canary' })).rejects.toThrow('not found');
  });

  it('marks values of Secrets that would change, and shows none', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'demo' } };
    const encoded = (text: string): string => Buffer.from(text).toString('base64');
    await world.harness.client.create(Secret, { ...secret, data: { password: encoded('old-secret'), user: encoded('ann') } });
    world.file('secret.yaml', yaml({ ...secret, stringData: { password: 'new-secret', user: 'ann' } }));
    const { code, stdout } = await world.kargo('diff', '-f', 'secret.yaml');
    expect(code).toBe(1);
    expect(stdout).toContain('-  password: "*** (before)"\n+  password: "*** (after)"\n');
    expect(stdout).not.toMatch(/old-secret|new-secret|[-+] +user/);
  });

  it('is for programs too', async () => {
    world.file('canary.yaml', yaml(aStage('canary', { direct: true })));
    const { code, stdout } = await world.kargo('diff', '-f', 'canary.yaml', '-o', 'jsonpath={.change} {.metadata.name}');
    expect([code, stdout]).toEqual([1, 'created canary']);
  });

  it('compares a Project that is not there with all that belongs to it', async () => {
    const project = { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: 'fresh' } };
    const stage = aStage('first', { direct: true });
    world.file('fresh.yaml', yaml(project, { ...stage, metadata: { name: 'first', namespace: 'fresh' } }));
    const { code, stdout, stderr } = await world.kargo('diff', '-f', 'fresh.yaml');
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout.match(/^\+\+\+ .*$/gm)).toEqual([
      '+++ project.kargo.akuity.io/fresh (applied)',
      '+++ stage.kargo.akuity.io/first in fresh (applied)',
    ]);
    await expect(world.harness.client.get(Project, { name: 'fresh' })).rejects.toThrow('not found');
  });

  it.each([
    [
      'what the server refuses',
      aStage('x', { direct: true }, { promotionTemplate: { spec: { steps: [{ uses: 'git-clon' }] } } }),
      2,
      /git-clon/,
    ],
    ['what is no manifest', 'text', 2, /is not an object/],
  ])('fails with another code for %s', async (_, object, code, error) => {
    world.file('bad.yaml', yaml(object as object));
    const got = await world.kargo('diff', '-f', 'bad.yaml');
    expect([got.code, got.stdout, got.stderr]).toEqual([code, '', expect.stringMatching(error)]);
  });

  it('keeps the codes that tell failures apart', async () => {
    expect((await world.kargo('diff', 'freight', 'none', 'f1')).code).toBe(5);
    expect((await world.kargo('diff', '-f', 'none.yaml')).code).toBe(2);
  });
});

describe('kargo diff freight and stage', () => {
  it('compare what two pieces of Freight hold', async () => {
    const { code, stdout } = await world.kargo('diff', 'freight', 'f1', 'alias-f2');
    expect(code).toBe(1);
    expect(stdout).toBe(
      [
        'KIND     SOURCE               FREIGHT ALIAS-F1 (F1)   FREIGHT ALIAS-F2 (F2)   CHANGE',
        'commit   https://git          -                       main 0123456789ab       added',
        'image    registry/app         v1                      v2                      changed',
        'chart    https://charts app   1.0.0                   -                       removed',
        '',
      ].join('\n'),
    );
    expect((await world.kargo('diff', 'freight', 'f1', 'f1')).code).toBe(0);
  });

  it('compare two Stages, and a Stage with Freight', async () => {
    const stages = await world.kargo('diff', 'stages', 'uat', 'test', '-o', 'json');
    expect([stages.code, JSON.parse(stages.stdout)]).toMatchObject([
      1,
      { from: 'Stage uat', to: 'Stage test', artifacts: [{ source: 'registry/app', from: 'v1', to: 'v2', change: 'changed' }] },
    ]);
    const freight = await world.kargo('diff', 'stage', 'uat', '--freight', 'alias-f2');
    expect([freight.code, freight.stdout]).toEqual([1, expect.stringMatching(/image +registry\/app +v1 +v2 +changed/)]);
    expect((await world.kargo('diff', 'stage', 'uat')).stderr).toMatch(/either another Stage or --freight/);
  });
});

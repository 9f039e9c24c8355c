import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coreKinds, defineKind, s, type Kind, type KubeObject } from '@kargo/api';
import { seededRandom, VirtualClock } from '@kargo/kube';
import { afterAll, describe, expect, it } from 'vitest';
import { openApiServer, type ApiServer } from '../api-server.ts';
import type { Migration } from './migrate-stored.ts';

const directory = mkdtempSync(join(tmpdir(), 'kargo-migration-'));
let files = 0;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const base = { group: 'example.com', version: 'v1', kind: 'Lamp', plural: 'lamps' } as const;
const before = defineKind({ ...base, schema: s.object({ spec: s.object({ watts: s.int(), colour: s.string() }) }) });
const after = defineKind({
  ...base,
  schema: s.object({ spec: s.object({ power: s.int(), dimmed: s.defaulted(s.bool({ default: false })) }) }),
});
const rename: Migration = {
  id: 'lamps-power',
  resource: 'lamps.example.com',
  migrate: (object) => {
    const spec = object['spec'] as Record<string, unknown>;
    if (spec['watts'] === undefined) return;
    spec['power'] = spec['watts'];
    delete spec['watts'];
  },
};

function open(path: string, lamp: unknown, migrations: Migration[] = []): ApiServer {
  return openApiServer({
    path,
    kinds: [...coreKinds, lamp as Kind],
    clock: new VirtualClock(),
    random: seededRandom(1),
    migrations,
  });
}
const lamp = (name: string, spec: object): KubeObject =>
  ({ apiVersion: 'example.com/v1', kind: 'Lamp', metadata: { namespace: 'default', name }, spec }) as KubeObject;
const all = async (server: ApiServer): Promise<KubeObject[]> => [...(await server.client().list(after as unknown as Kind)).items];

describe('objects stored by an older version', () => {
  it('have the newest form after the start, once and for all', async () => {
    const path = join(directory, `${++files}.db`);
    const old = open(path, before);
    await old.client().create(before as unknown as Kind, lamp('desk', { watts: 40, colour: 'red' }));
    await old.close();

    const server = open(path, after, [rename]);
    const [migrated] = await all(server);
    expect(migrated).toMatchObject({ spec: { power: 40, dimmed: false } });
    expect(Object.keys((migrated as unknown as { spec: object }).spec).toSorted()).toEqual(['dimmed', 'power']);
    await server.close();

    const again = open(path, after, [{ ...rename, migrate: () => expect.fail('a migration that has run must not run again') }]);
    expect(await all(again)).toEqual([migrated]);
    await again.close();
  });

  it('that changed tell watches so', async () => {
    const path = join(directory, `${++files}.db`);
    const old = open(path, before);
    const made = await old.client().create(before as unknown as Kind, lamp('desk', { watts: 40, colour: 'red' }));
    await old.close();
    const server = open(path, after, [rename]);
    for await (const event of server
      .client()
      .watch(after as unknown as Kind, { resourceVersion: made.metadata.resourceVersion })) {
      expect(event).toMatchObject({ type: 'MODIFIED', object: { spec: { power: 40 } } });
      break;
    }
    await server.close();
  });

  it('are left alone where nothing changed', async () => {
    const path = join(directory, `${++files}.db`);
    const old = open(path, before);
    const made = await old.client().create(before as unknown as Kind, lamp('desk', { watts: 40, colour: 'red' }));
    await old.close();
    const server = open(path, before);
    expect(await all(server)).toEqual([made]);
    await server.close();
  });
});

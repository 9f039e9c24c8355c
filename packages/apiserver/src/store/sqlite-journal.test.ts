import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { KubeObject } from '@kargo/api';
import { afterAll, describe, expect, it } from 'vitest';
import { checkDatabase } from './check-database.ts';
import { LogStore } from './log-store.ts';
import type { SealingKey } from './sealing.ts';
import { Sealer } from './sealing.ts';
import { StoreOpenError } from './sqlite-errors.ts';
import { sqliteJournal, type SqliteJournalOptions } from './sqlite-journal.ts';
import { written } from './store-contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'kargo-journal-'));
let files = 0;
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const newFile = (): string => join(directory, `${++files}.db`);

const SEALED = new Set(['secrets']);
const key = (id: string): SealingKey => ({ id, key: Buffer.alloc(32, id) });
const open = (path: string, options: SqliteJournalOptions = {}): LogStore =>
  new LogStore(sqliteJournal(path, { durability: 'normal', sealed: SEALED, ...options }));

function secret(name: string, value = 'classified'): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'ns' }, data: { value } } as KubeObject;
}
async function put(store: LogStore, object: KubeObject, resource = 'secrets'): Promise<KubeObject> {
  const at = { namespace: 'ns', name: object.metadata.name ?? '' };
  const expect = store.get(resource, at)?.metadata.resourceVersion;
  return written(await store.write({ resource, key: at, expect, object }));
}
const bytes = (path: string): string => readFileSync(path, 'latin1');

describe('secrets at rest', () => {
  it('are encrypted, and nothing else is', async () => {
    const path = newFile();
    const store = open(path, { keys: [key('a')] });
    await put(store, secret('s'));
    await put(store, secret('t', 'open to all'), 'configmaps');
    await store.close();
    expect(bytes(path)).not.toContain('classified');
    expect(bytes(path)).toContain('open to all');
    const again = open(path, { keys: [key('a')] });
    expect(again.get('secrets', { namespace: 'ns', name: 's' })).toMatchObject({ data: { value: 'classified' } });
    await again.close();
  });

  it('that were stored in plain text are encrypted at the next start, and leave no trace', async () => {
    const path = newFile();
    const plain = open(path);
    await put(plain, secret('s'));
    await plain.close();
    expect(bytes(path)).toContain('classified');
    const store = open(path, { keys: [key('a')] });
    expect(store.get('secrets', { namespace: 'ns', name: 's' })).toMatchObject({ data: { value: 'classified' } });
    await store.close();
    expect(bytes(path)).not.toContain('classified');
  });

  it('are encrypted anew when the key changes: the old one is not needed any more', async () => {
    const path = newFile();
    const first = open(path, { keys: [key('a')] });
    await put(first, secret('s'));
    await first.close();
    await open(path, { keys: [key('b'), key('a')] }).close();
    const store = open(path, { keys: [key('b')] });
    expect(store.get('secrets', { namespace: 'ns', name: 's' })).toMatchObject({ data: { value: 'classified' } });
    await store.close();
    expect(() => open(path, { keys: [key('a')] })).toThrow(/encrypted with the key "b", which is not at hand/);
  });

  it('are encrypted anew while they are read and written', async () => {
    const path = newFile();
    const store = open(path, { keys: [key('a')] });
    for (let n = 0; n < 500; n++) await put(store, secret(`s${n}`));
    let going = true;
    const writing = (async (): Promise<number> => {
      let n = 0;
      for (; going; n++) await put(store, secret(`w${n % 50}`, `value ${n}`));
      return n;
    })();
    const copied = store.copyTo(newFile());
    await store.rotateKeys([key('b'), key('a')]);
    await copied;
    going = false;
    expect(await writing).toBeGreaterThan(0);
    await store.close();
    const again = open(path, { keys: [key('b')] });
    expect(again.list('secrets').length).toBeGreaterThan(500);
    await again.close();
    expect(bytes(path).includes('enc:v1:a:')).toBe(false);
  });

  it('cannot be moved to where another is, or changed', () => {
    const sealer = new Sealer([key('a')]);
    const sealed = sealer.seal('x', 'here');
    expect(sealer.open(sealed, 'here')).toBe('x');
    expect(() => sealer.open(sealed, 'there')).toThrow(/changed/);
    const broken = `${sealed.slice(0, -4)}${sealed.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
    expect(() => sealer.open(broken, 'here')).toThrow(/changed/);
    expect(() => new Sealer([{ id: 'a', key: Buffer.alloc(16) }])).toThrow(/32 bytes/);
  });
});

describe('a database that is full', () => {
  it('refuses writes with a clear message, keeps what was answered, and goes on once there is room', async () => {
    const path = newFile();
    const health: boolean[] = [];
    const journal = sqliteJournal(path, { maxBytes: 200_000 });
    const store = new LogStore(journal, { onHealth: (error) => health.push(error === undefined) });
    const kept: string[] = [];
    const failure = await (async (): Promise<Error> => {
      for (let n = 0; ; n++) {
        try {
          await put(store, secret(`s${n}`, 'x'.repeat(20_000)));
          kept.push(`s${n}`);
        } catch (error) {
          return error as Error;
        }
      }
    })();
    expect(failure.message).toContain('there is no room left');
    expect(kept.length).toBeGreaterThan(2);
    expect(store.list('secrets').map(({ object }) => object.metadata.name)).toEqual(kept);
    // A deletion needs little room; compaction makes more.
    for (const name of kept.slice(0, 3)) {
      const at = { namespace: 'ns', name };
      await store.write({ resource: 'secrets', key: at, expect: store.get('secrets', at)?.metadata.resourceVersion });
    }
    store.compact();
    await put(store, secret('later', 'x'.repeat(20_000)));
    expect(health).toEqual([false, true]);
    await store.close();
    const again = open(path);
    expect(again.list('secrets').map(({ object }) => object.metadata.name)).toEqual([...kept.slice(3), 'later'].toSorted());
    await again.close();
  });
});

describe('a database that is damaged', () => {
  async function filled(): Promise<string> {
    const path = newFile();
    const store = open(path);
    for (let n = 0; n < 400; n++) await put(store, secret(`s${n}`, 'x'.repeat(20_000)));
    await store.close();
    return path;
  }
  function overwrite(path: string, from: number, length: number): void {
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(length, 0xa5), 0, length, from);
    closeSync(file);
  }

  it('is not opened when a page is damaged', async () => {
    const path = await filled();
    overwrite(path, 4096 * 2, 4096 * 3);
    expect(() => open(path)).toThrow(StoreOpenError);
    expect(() => open(path)).toThrow(/damaged[^]*kargo restore/);
  });

  it('is not opened when an object is not what was written', async () => {
    const path = newFile();
    const store = open(path);
    await put(store, secret('s', 'hello'));
    await store.close();
    const database = new DatabaseSync(path);
    database.exec(`UPDATE log SET object = replace(object, 'hello', 'jello')`);
    database.close();
    expect(() => open(path)).toThrow(/secrets s\) is damaged, as its checksum does not match/);
  });

  it('is not written any more once damage is met, and still read', async () => {
    const path = await filled();
    const store = open(path);
    overwrite(path, 4096, statSync(path).size - 4096);
    store.compact();
    await expect(put(store, secret('new'))).rejects.toThrow(/is damaged: nothing is written any more/);
    await expect(put(store, secret('newer'))).rejects.toThrow(/is damaged: nothing is written any more/);
    expect(store.list('secrets')).toHaveLength(400);
    await store.close().catch(() => undefined);
  });
});

describe('a copy', () => {
  it('is complete up to when it was made, while writes go on', async () => {
    const store = open(newFile(), { keys: [key('a')] });
    for (let n = 0; n < 200; n++) await put(store, secret(`s${n}`, 'x'.repeat(5000)));
    const copy = newFile();
    const copying = store.copyTo(copy);
    for (let n = 200; n < 260; n++) await put(store, secret(`s${n}`, 'x'.repeat(5000)));
    store.compact();
    await copying;
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(checkDatabase(copy, [key('a')])).toBe(200);
    expect(() => checkDatabase(copy, [])).toThrow(/not at hand/);
    await store.close();
  });
});

describe('a database of an older version', () => {
  it('is brought to the format of now', async () => {
    const path = newFile();
    const database = new DatabaseSync(path);
    database.exec(`
      CREATE TABLE log (revision INTEGER PRIMARY KEY, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
        object TEXT, replaced INTEGER NOT NULL) STRICT;
      CREATE TABLE mark (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      PRAGMA application_id = ${0x4b415247}; PRAGMA user_version = 1;`);
    const object = { ...secret('old'), metadata: { ...secret('old').metadata, resourceVersion: '7' } };
    database.prepare('INSERT INTO log VALUES (7, ?, ?, ?, ?, 0)').run('secrets', 'ns', 'old', JSON.stringify(object));
    database.close();
    const store = open(path);
    expect(store.revision).toBe(7);
    expect(store.get('secrets', { namespace: 'ns', name: 'old' })).toEqual(object);
    await put(store, secret('new'));
    await store.close();
    expect(checkDatabase(path, [])).toBe(2);
  });

  it('of a newer version is refused', () => {
    const path = newFile();
    sqliteJournal(path).close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => open(path)).toThrow(/newer version \(format 99/);
  });
});

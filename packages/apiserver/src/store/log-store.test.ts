import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { memoryJournal, type Journal } from './journal.ts';
import { LogStore } from './log-store.ts';
import { StoreOpenError } from './sqlite-errors.ts';
import { sqliteJournal } from './sqlite-journal.ts';
import { describeStoreContract, thing, written } from './store-contract.ts';
import { RevisionUnavailableError, StoreWriteError } from './store.ts';

const directory = mkdtempSync(join(tmpdir(), 'kargo-store-'));
let files = 0;
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function newFile(): string {
  return join(directory, `${++files}.db`);
}

describeStoreContract('memory', () => new LogStore(memoryJournal(), { historyLimit: 500 }));
describeStoreContract('SQLite', () => new LogStore(sqliteJournal(newFile(), { durability: 'normal' }), { historyLimit: 500 }));

describe('a store in a file', () => {
  it('is the same after it was closed and opened, history included', async () => {
    const path = newFile();
    const store = new LogStore(sqliteJournal(path));
    const a = written(
      await store.write({ resource: 'things', key: { namespace: 'ns', name: 'a' }, expect: undefined, object: thing('a') }),
    );
    await store.write({ resource: 'things', key: { namespace: 'ns', name: 'b' }, expect: undefined, object: thing('b') });
    await store.write({ resource: 'things', key: { namespace: 'ns', name: 'a' }, expect: a.metadata.resourceVersion });
    const { revision } = store;
    const changes = store.changes('things', 0);
    await store.close();

    const again = new LogStore(sqliteJournal(path));
    expect(again.revision).toBe(revision);
    expect(again.list('things').map(({ object }) => object.metadata.name)).toEqual(['b']);
    expect(again.changes('things', 0)).toEqual(changes);
    await again.close();
  });

  it('drops old history, never the newest revision', async () => {
    const path = newFile();
    const store = new LogStore(sqliteJournal(path, { durability: 'normal' }), { historyLimit: 50 });
    for (let index = 0; index < 120; index++) {
      const key = { namespace: 'ns', name: `t${index}` };
      const made = written(await store.write({ resource: 'things', key, expect: undefined, object: thing(key.name) }));
      await store.write({ resource: 'things', key, expect: made.metadata.resourceVersion });
    }
    const { revision } = store;
    await store.close();
    const again = new LogStore(sqliteJournal(path), { historyLimit: 50 });
    expect(again.revision).toBe(revision);
    expect(again.list('things')).toEqual([]);
    expect(() => again.changes('things', 1)).toThrow(RevisionUnavailableError);
    await again.close();
  });

  it('is for one process at a time, and refuses what is not its own', async () => {
    const path = newFile();
    const store = new LogStore(sqliteJournal(path));
    await store.write({ resource: 'things', key: { namespace: 'ns', name: 'a' }, expect: undefined, object: thing('a') });
    expect(() => sqliteJournal(path)).toThrow(StoreOpenError);
    await store.close();
    const garbage = newFile();
    writeFileSync(garbage, 'this is not a database, it is a text that is longer than a header of one would be '.repeat(20));
    expect(() => sqliteJournal(garbage)).toThrow(/cannot be opened/);
  });
});

describe('a medium that fails', () => {
  it('loses nothing that was answered and accepts writes again', async () => {
    let full = false;
    const journal: Journal = {
      ...memoryJournal(),
      append: () => {
        if (full) throw new Error('database or disk is full');
      },
    };
    const store = new LogStore(journal);
    const key = { namespace: 'ns', name: 'a' };
    const first = written(await store.write({ resource: 'things', key, expect: undefined, object: thing('a') }));
    full = true;
    const second = store.write({ resource: 'things', key, expect: first.metadata.resourceVersion, object: thing('a') });
    await expect(second).rejects.toThrow(StoreWriteError);
    expect(store.get('things', key)).toBe(first);
    full = false;
    const third = written(
      await store.write({ resource: 'things', key, expect: first.metadata.resourceVersion, object: thing('a') }),
    );
    expect(Number(third.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion) + 1);
    await store.close();
  });
});

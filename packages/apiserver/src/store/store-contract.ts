import type { KubeObject } from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RevisionUnavailableError, type Store, type StoredEvent, type StoreOutcome } from './store.ts';

/** What every store guarantees. `open` opens an empty one; history reaches back at least 20 and at most 1,000 changes. */
export function describeStoreContract(name: string, open: () => Store): void {
  describe(`${name}: the store contract`, () => {
    let store: Store;
    beforeEach(() => {
      store = open();
    });
    afterEach(() => store.close());

    const put = (object: KubeObject, expect?: string): Promise<StoreOutcome> =>
      store.write({ resource: 'things', key: keyIn(object), expect, object });
    const remove = (object: KubeObject, expect: string): Promise<StoreOutcome> =>
      store.write({ resource: 'things', key: keyIn(object), expect });

    it('gives every write a greater revision, which the object carries', async () => {
      const first = written(await put(thing('a')));
      const second = written(await put(thing('b')));
      expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
      expect(store.revision).toBe(Number(second.metadata.resourceVersion));
      expect(store.get('things', keyIn(first))).toBe(first);
      expect(Object.isFrozen(first.metadata)).toBe(true);
    });

    it('refuses what is not based on the newest state', async () => {
      const first = written(await put(thing('a')));
      expect(await put(thing('a'))).toEqual({ kind: 'conflict' });
      const second = written(await put(thing('a'), first.metadata.resourceVersion));
      expect(await put(thing('a'), first.metadata.resourceVersion)).toEqual({ kind: 'conflict' });
      expect(await remove(thing('a'), first.metadata.resourceVersion ?? '')).toEqual({ kind: 'conflict' });
      expect((await remove(thing('a'), second.metadata.resourceVersion ?? '')).kind).toBe('written');
      expect(store.get('things', keyIn(first))).toBeUndefined();
    });

    it('lets one of several writers at once win, and shows its state to those who lost', async () => {
      const first = written(await put(thing('a')));
      const seen: (string | undefined)[] = [];
      const outcomes = await Promise.all(
        [1, 2, 3].map(async () => {
          const outcome = await put(thing('a'), first.metadata.resourceVersion);
          if (outcome.kind === 'conflict') seen.push(store.get('things', keyIn(first))?.metadata.resourceVersion);
          return outcome;
        }),
      );
      const winners = outcomes.filter(({ kind }) => kind === 'written');
      expect(winners).toHaveLength(1);
      const version = written(winners[0]).metadata.resourceVersion;
      expect(seen).toEqual([version, version]);
    });

    it('shows nothing before it is durable', async () => {
      const pending = put(thing('a'));
      expect(store.get('things', { namespace: 'ns', name: 'a' })).toBeUndefined();
      await pending;
      expect(store.get('things', { namespace: 'ns', name: 'a' })).toBeDefined();
    });

    it('lists in order, by namespace, after a position, and as it was', async () => {
      for (const [namespace, name] of [
        ['ns-b', 'x'],
        ['ns', 'b'],
        ['ns', 'a'],
        ['ns-b', 'a'],
        ['ns', 'b-1'],
      ] as const)
        await put(thing(name, namespace));
      const at = store.revision;
      await remove(thing('b'), store.get('things', { namespace: 'ns', name: 'b' })?.metadata.resourceVersion ?? '');
      await put(thing('c'));
      const names = (options?: Parameters<Store['list']>[1]): string[] =>
        store.list('things', options).map(({ object: { metadata } }) => `${metadata.namespace}/${metadata.name}`);
      expect(names()).toEqual(['ns/a', 'ns/b-1', 'ns/c', 'ns-b/a', 'ns-b/x']);
      expect(names({ namespace: 'ns' })).toEqual(['ns/a', 'ns/b-1', 'ns/c']);
      expect(names({ namespace: 'ns', at })).toEqual(['ns/a', 'ns/b', 'ns/b-1']);
      const [first] = store.list('things', { at });
      expect(names({ at, after: first?.position })).toEqual(['ns/b', 'ns/b-1', 'ns-b/a', 'ns-b/x']);
    });

    it('tells subscribers of every change once and in order', async () => {
      const events: StoredEvent[] = [];
      store.subscribe((batch) => events.push(...batch));
      const first = written(await put(thing('a')));
      await Promise.all([put(thing('b')), put(thing('c'))]);
      const second = written(await put(thing('a'), first.metadata.resourceVersion));
      await remove(thing('a'), second.metadata.resourceVersion ?? '');
      expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
        'ADDED a',
        'ADDED b',
        'ADDED c',
        'MODIFIED a',
        'DELETED a',
      ]);
      expect(events.map(({ revision }) => revision)).toEqual(events.map(({ revision }) => revision).toSorted((a, b) => a - b));
      expect(events[3]?.previous).toBe(first);
      expect(events[4]?.object.metadata.resourceVersion).toBe(String(events[4]?.revision));
      expect(store.changes('things', events[1]?.revision ?? 0)).toEqual(events.slice(2));
    });

    it('says when history does not reach that far, in either direction', async () => {
      let version = written(await put(thing('a'))).metadata.resourceVersion;
      const start = store.revision;
      for (let index = 0; index < 2000; index++) version = written(await put(thing('a'), version)).metadata.resourceVersion;
      expect(() => store.changes('things', start)).toThrow(RevisionUnavailableError);
      expect(() => store.list('things', { at: start })).toThrow(RevisionUnavailableError);
      expect(() => store.changes('things', store.revision + 1)).toThrow(RevisionUnavailableError);
      expect(store.changes('things', store.revision - 20)).toHaveLength(20);
    });
  });
}

/** An object for tests of stores. */
export function thing(name: string, namespace = 'ns'): KubeObject {
  return { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name, namespace } };
}

function keyIn({ metadata }: KubeObject): { namespace: string | undefined; name: string } {
  return { namespace: metadata.namespace, name: metadata.name ?? '' };
}

/** The object of a write that must have succeeded. */
export function written(outcome: StoreOutcome | undefined): KubeObject {
  if (outcome?.kind !== 'written') throw new Error(`expected a write, got ${outcome?.kind}`);
  return outcome.object;
}

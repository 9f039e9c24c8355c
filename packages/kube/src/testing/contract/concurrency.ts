import { expect } from 'vitest';
import { commitObject, commitStatus } from '../../client/committer.ts';
import { refused, Widget, type ContractTest } from './subject.ts';

/** Optimistic concurrency, preconditions and the status subresource. */
export const concurrencyTests: readonly ContractTest[] = [
  {
    title: 'refuses an update of a stale version',
    run: async ({ client, widget, namespace }) => {
      const first = await client.create(Widget, widget('a', { size: 1 }));
      await client.update(Widget, { ...first, spec: { size: 2 } });
      const error = await refused(client.update(Widget, { ...first, spec: { size: 3 } }), 'Conflict');
      expect(error.code).toBe(409);
      await refused(client.updateStatus(Widget, { ...first, status: { phase: 'X' } }), 'Conflict');
      expect((await client.get(Widget, { namespace, name: 'a' })).spec?.size).toBe(2);
    },
  },
  {
    title: 'lets exactly one of many concurrent updates of one version win',
    run: async ({ client, widget, namespace }) => {
      const first = await client.create(Widget, widget('a', { size: 0 }));
      const tries = Array.from({ length: 10 }, (_, i) => client.update(Widget, { ...first, spec: { size: i + 1 } }));
      const results = await Promise.allSettled(tries);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      expect((await client.get(Widget, { namespace, name: 'a' })).spec?.size).toBe(winner + 1);
    },
  },
  {
    title: 'takes an update without a version unconditionally',
    run: async ({ client, widget }) => {
      await client.create(Widget, widget('a', { size: 1 }));
      expect((await client.update(Widget, widget('a', { size: 2 }))).spec?.size).toBe(2);
    },
  },
  {
    title: 'refuses a write for another incarnation of the object',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'a' };
      const first = await client.create(Widget, widget('a'));
      await client.delete(Widget, key);
      const second = await client.create(Widget, widget('a'));
      const { uid } = first.metadata;
      await refused(client.update(Widget, { ...second, metadata: { ...second.metadata, uid } }), 'Conflict');
      await refused(
        client.patch(Widget, key, { type: 'merge', body: { metadata: { uid: uid ?? '' }, spec: { size: 1 } } }),
        'Conflict',
      );
      await refused(client.delete(Widget, key, { preconditions: { uid } }), 'Conflict');
      expect((await client.get(Widget, key)).metadata.uid).toBe(second.metadata.uid);
    },
  },
  {
    title: 'takes versions and uids as preconditions of patches and deletes',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'a' };
      const first = await client.create(Widget, widget('a'));
      const stale = first.metadata.resourceVersion ?? '';
      const second = await client.update(Widget, { ...first, spec: { size: 2 } });
      const change = { spec: { size: 3 } };
      await refused(
        client.patch(Widget, key, { type: 'merge', body: { metadata: { resourceVersion: stale }, ...change } }),
        'Conflict',
      );
      await refused(client.delete(Widget, key, { preconditions: { resourceVersion: stale } }), 'Conflict');
      const { uid, resourceVersion } = second.metadata;
      const body = { metadata: { uid: uid ?? '', resourceVersion: resourceVersion ?? '' }, ...change };
      const third = await client.patch(Widget, key, { type: 'merge', body });
      expect(third.spec?.size).toBe(3);
      await client.delete(Widget, key, { preconditions: { uid, resourceVersion: third.metadata.resourceVersion } });
      await refused(client.get(Widget, key), 'NotFound');
    },
  },
  {
    title: 'ignores status on create and in the main resource',
    run: async ({ client, widget, namespace }) => {
      const made = await client.create(Widget, { ...widget('a'), status: { phase: 'Mine' } });
      expect(made.status ?? {}).toEqual({});
      const key = { namespace, name: 'a' };
      const patched = await client.patch(Widget, key, { type: 'merge', body: { status: { phase: 'Mine' } } });
      expect(patched.status ?? {}).toEqual({});
    },
  },
  {
    title: 'writes nothing but status through the status subresource',
    run: async ({ client, widget, namespace }) => {
      const made = await client.create(Widget, widget('a', { size: 1 }, { labels: { l: '1' } }));
      const changed: Widget = {
        ...made,
        spec: { size: 9 },
        metadata: { ...made.metadata, labels: {} },
        status: { phase: 'Ready' },
      };
      const stored = await client.updateStatus(Widget, changed);
      expect(stored).toMatchObject({ spec: { size: 1 }, status: { phase: 'Ready' } });
      expect(stored.metadata.labels).toEqual({ l: '1' });
      const body = { spec: { size: 7 }, status: { counts: { x: 1 } } };
      const patched = await client.patch(Widget, { namespace, name: 'a' }, { type: 'merge', body }, { subresource: 'status' });
      expect(patched.spec?.size).toBe(1);
      expect(patched.status).toEqual({ phase: 'Ready', counts: { x: 1 } });
    },
  },
  {
    title: 'commits differences once, and nothing when there are none',
    run: async ({ client, widget }) => {
      const made = await client.create(Widget, widget('a', { size: 1 }, { labels: { keep: '1', drop: '1' } }));
      const labelled = await commitObject(client, Widget, made, {
        ...made,
        metadata: { ...made.metadata, labels: { keep: '1' } },
      });
      expect(labelled.metadata.labels).toEqual({ keep: '1' });
      const ready = await commitStatus(client, Widget, labelled, { ...labelled, status: { phase: 'Ready' } });
      expect(ready.status).toEqual({ phase: 'Ready' });
      expect(await commitStatus(client, Widget, ready, { ...ready })).toBe(ready);
      await refused(commitStatus(client, Widget, labelled, { ...labelled, status: { phase: 'Late' } }), 'Conflict');
    },
  },
];

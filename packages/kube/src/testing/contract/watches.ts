import { expect } from 'vitest';
import type { WatchEvent } from '../../client/client.ts';
import { nextTurn } from '../../ports/turn.ts';
import { refused, take, told, Widget, type ContractTest } from './subject.ts';

/** Watches: existing objects, resumption, order, selection, expiry, bookmarks. */
export const watchTests: readonly ContractTest[] = [
  {
    title: 'tells what exists and then every change in order',
    run: async ({ client, widget, namespace }) => {
      await client.create(Widget, widget('a'));
      await client.create(Widget, widget('b'));
      const events = take(client.watch(Widget, { namespace }), 5);
      await nextTurn();
      await client.patch(Widget, { namespace, name: 'a' }, { type: 'merge', body: { spec: { size: 1 } } });
      await client.create(Widget, widget('c'));
      await client.delete(Widget, { namespace, name: 'b' });
      expect(told(await events)).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'ADDED c', 'DELETED b']);
    },
  },
  {
    title: 'goes on after the version of a list, missing nothing and repeating nothing',
    run: async ({ client, widget, namespace }) => {
      await client.create(Widget, widget('before'));
      const { metadata } = await client.list(Widget, { namespace });
      await client.create(Widget, widget('a'));
      await client.patch(Widget, { namespace, name: 'a' }, { type: 'merge', body: { spec: { size: 1 } } });
      await client.delete(Widget, { namespace, name: 'before' });
      const { resourceVersion } = metadata;
      const events = await take(client.watch(Widget, { namespace, resourceVersion }), 3);
      expect(told(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED before']);
      const second = events[1]?.object.metadata.resourceVersion;
      expect(told(await take(client.watch(Widget, { namespace, resourceVersion: second }), 1))).toEqual(['DELETED before']);
    },
  },
  {
    title: 'shows each change as it was stored, in frozen objects',
    run: async ({ client, widget, namespace }) => {
      const { metadata } = await client.list(Widget, { namespace });
      await client.create(Widget, widget('a', { size: 0 }));
      for (let size = 1; size <= 3; size++)
        await client.patch(Widget, { namespace, name: 'a' }, { type: 'merge', body: { spec: { size } } });
      const events = await take(client.watch(Widget, { namespace, resourceVersion: metadata.resourceVersion }), 4);
      expect(events.map(({ object }) => object.spec?.size)).toEqual([0, 1, 2, 3]);
      for (const { object } of events) {
        expect(Object.isFrozen(object)).toBe(true);
        expect(Object.isFrozen(object.spec)).toBe(true);
      }
      expect(new Set(events.map(({ object }) => object.metadata.resourceVersion)).size).toBe(4);
    },
  },
  {
    title: 'gives a deletion a version of its own',
    run: async ({ client, widget, namespace }) => {
      const made = await client.create(Widget, widget('a'));
      const { resourceVersion } = made.metadata;
      await client.delete(Widget, { namespace, name: 'a' });
      const [event] = await take(client.watch(Widget, { namespace, resourceVersion }), 1);
      expect(event?.type).toBe('DELETED');
      expect(event?.object.metadata.resourceVersion).not.toBe(resourceVersion);
      expect(event?.object.metadata.uid).toBe(made.metadata.uid);
    },
  },
  {
    title: 'tells a selection what enters and what leaves it',
    run: async ({ client, widget, namespace }) => {
      const { resourceVersion } = (await client.list(Widget, { namespace })).metadata;
      const label = (value: string): Promise<Widget> =>
        client.patch(Widget, { namespace, name: 'a' }, { type: 'merge', body: { metadata: { labels: { on: value } } } });
      await client.create(Widget, widget('a', {}, { labels: { on: 'no' } }));
      await client.create(Widget, widget('other'));
      await label('yes');
      await client.patch(Widget, { namespace, name: 'a' }, { type: 'merge', body: { spec: { size: 1 } } });
      await label('no');
      await label('yes');
      await client.delete(Widget, { namespace, name: 'a' });
      const events = await take(client.watch(Widget, { namespace, resourceVersion, labelSelector: 'on=yes' }), 5);
      expect(told(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a', 'DELETED a']);
    },
  },
  {
    title: 'watches one object by name',
    run: async ({ client, widget, namespace }) => {
      const { resourceVersion } = (await client.list(Widget, { namespace })).metadata;
      await client.create(Widget, widget('a'));
      await client.create(Widget, widget('b'));
      const events = await take(client.watch(Widget, { namespace, resourceVersion, fieldSelector: 'metadata.name=b' }), 1);
      expect(told(events)).toEqual(['ADDED b']);
    },
  },
  {
    title: 'keeps namespaces apart',
    run: async ({ client, widget, namespace }) => {
      const { resourceVersion } = (await client.list(Widget)).metadata;
      await client.create(Widget, widget('a'));
      expect(told(await take(client.watch(Widget, { namespace, resourceVersion }), 1))).toEqual(['ADDED a']);
      const all = await take(client.watch(Widget, { resourceVersion }), 1);
      expect(all[0]?.object.metadata.namespace).toBe(namespace);
    },
  },
  {
    title: 'ends without an error when its signal aborts',
    run: async ({ client, widget, namespace }) => {
      await client.create(Widget, widget('a'));
      const controller = new AbortController();
      const seen: string[] = [];
      for await (const event of client.watch(Widget, { namespace, signal: controller.signal })) {
        seen.push(event.type);
        controller.abort();
      }
      expect(seen).toEqual(['ADDED']);
    },
  },
  {
    title: 'lets a slow reader see everything',
    run: async ({ client, widget, namespace }) => {
      const { resourceVersion } = (await client.list(Widget, { namespace })).metadata;
      const seen: string[] = [];
      const reading = (async () => {
        for await (const event of client.watch(Widget, { namespace, resourceVersion })) {
          for (let i = 0; i < 3; i++) await nextTurn();
          if (event.type !== 'BOOKMARK') seen.push(event.object.metadata.name ?? '');
          if (seen.length === 20) return;
        }
      })();
      for (let i = 0; i < 20; i++) await client.create(Widget, widget(`w${String(i).padStart(2, '0')}`));
      await reading;
      expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => `w${String(i).padStart(2, '0')}`));
    },
  },
  {
    title: 'refuses to go on from a version that history no longer reaches',
    needs: 'compact',
    run: async ({ client, widget, namespace, subject }) => {
      const { resourceVersion } = (await client.list(Widget, { namespace })).metadata;
      await client.create(Widget, widget('a'));
      await client.create(Widget, widget('b'));
      await subject.compact?.();
      const error = await refused(take(client.watch(Widget, { namespace, resourceVersion }), 1), 'Expired');
      expect(error.code).toBe(410);
    },
  },
  {
    title: 'sends bookmarks that carry a version to go on from',
    needs: 'sendBookmarks',
    run: async ({ client, widget, namespace, subject }) => {
      await client.create(Widget, widget('a'));
      const { resourceVersion } = (await client.list(Widget, { namespace })).metadata;
      let bookmark: WatchEvent<Widget> | undefined;
      const watching = (async () => {
        for await (const event of client.watch(Widget, { namespace, resourceVersion, allowBookmarks: true })) {
          if (event.type !== 'BOOKMARK') continue;
          bookmark = event;
          return;
        }
      })();
      // Over a network it takes a while until the watch is there.
      while (bookmark === undefined) {
        await subject.sendBookmarks?.();
        await nextTurn();
      }
      await watching;
      const version = (bookmark as WatchEvent<Widget>).object.metadata.resourceVersion;
      expect(version).toMatch(/./);
      await client.create(Widget, widget('b'));
      expect(told(await take(client.watch(Widget, { namespace, resourceVersion: version }), 1))).toEqual(['ADDED b']);
    },
  },
];

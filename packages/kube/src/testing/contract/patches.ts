import { expect } from 'vitest';
import { refused, Widget, type ContractTest } from './subject.ts';

/** Merge patches, JSON patches and server-side apply. */
export const patchTests: readonly ContractTest[] = [
  {
    title: 'merges objects, replaces lists and removes what is null',
    run: async ({ client, widget, namespace }) => {
      await client.create(Widget, widget('a', { size: 1, parts: ['x', 'y'], options: { a: '1', b: '2' } }));
      const body = { spec: { size: null, parts: ['z'], options: { b: null, c: '3' } }, metadata: { annotations: { note: 'n' } } };
      const stored = await client.patch(Widget, { namespace, name: 'a' }, { type: 'merge', body });
      expect(stored.spec).toEqual({ color: 'red', parts: ['z'], options: { a: '1', c: '3' } });
      expect(stored.metadata.annotations).toEqual({ note: 'n' });
      expect(stored.metadata.generation).toBe(2);
    },
  },
  {
    title: 'checks the result of a patch and refuses it whole',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'a' };
      const made = await client.create(Widget, widget('a', { size: 1 }));
      await refused(client.patch(Widget, key, { type: 'merge', body: { spec: { size: -1, parts: ['x'] } } }), 'Invalid');
      expect(await client.get(Widget, key)).toEqual(made);
    },
  },
  {
    title: 'applies JSON patches in order',
    run: async ({ client, widget, namespace }) => {
      await client.create(Widget, widget('a', { size: 1, parts: ['x', 'y'] }));
      const stored = await client.patch(
        Widget,
        { namespace, name: 'a' },
        {
          type: 'json',
          body: [
            { op: 'test', path: '/spec/size', value: 1 },
            { op: 'replace', path: '/spec/size', value: 2 },
            { op: 'add', path: '/spec/parts/0', value: 'w' },
            { op: 'remove', path: '/spec/parts/1' },
            { op: 'add', path: '/spec/parts/-', value: 'z' },
            { op: 'add', path: '/metadata/annotations', value: { 'kargo.dev/a': '1' } },
            { op: 'copy', from: '/metadata/annotations/kargo.dev~1a', path: '/metadata/annotations/kargo.dev~1b' },
          ],
        },
      );
      expect(stored.spec).toMatchObject({ size: 2, parts: ['w', 'y', 'z'] });
      expect(stored.metadata.annotations).toEqual({ 'kargo.dev/a': '1', 'kargo.dev/b': '1' });
    },
  },
  {
    title: 'changes nothing when one operation of a JSON patch fails',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'a' };
      const made = await client.create(Widget, widget('a', { size: 1 }));
      const body = [
        { op: 'replace' as const, path: '/spec/size', value: 2 },
        { op: 'test' as const, path: '/spec/size', value: 3 },
      ];
      await refused(client.patch(Widget, key, { type: 'json', body }), 'Invalid');
      expect(await client.get(Widget, key)).toEqual(made);
    },
  },
  {
    title: 'does not let a patch rename an object',
    run: async ({ client, widget, namespace }) => {
      await client.create(Widget, widget('a'));
      const patch = client.patch(Widget, { namespace, name: 'a' }, { type: 'merge', body: { metadata: { name: 'b' } } });
      await expect(patch).rejects.toMatchObject({ name: 'ApiError' });
    },
  },
  {
    title: 'creates and changes objects by server-side apply, removing what is no longer applied',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'a' };
      const options = { fieldManager: 'one' };
      const made = await client.patch(
        Widget,
        key,
        { type: 'apply', body: widget('a', { size: 1, options: { x: '1' } }) },
        options,
      );
      expect(made.spec).toMatchObject({ size: 1, options: { x: '1' } });
      const next = await client.patch(Widget, key, { type: 'apply', body: widget('a', { size: 2 }) }, options);
      expect(next.spec?.size).toBe(2);
      expect(next.spec?.options ?? {}).toEqual({});
    },
  },
  {
    title: 'does not let one manager apply over the fields of another unless forced',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'a' };
      await client.patch(Widget, key, { type: 'apply', body: widget('a', { size: 1 }) }, { fieldManager: 'one' });
      const body = widget('a', { size: 2 });
      await refused(client.patch(Widget, key, { type: 'apply', body }, { fieldManager: 'two' }), 'Conflict');
      const forced = await client.patch(Widget, key, { type: 'apply', body }, { fieldManager: 'two', force: true });
      expect(forced.spec?.size).toBe(2);
    },
  },
];

import { expect } from 'vitest';
import { clone } from '../../objects/clone.ts';
import { gone, refused, Widget, type ContractTest } from './subject.ts';

/** Finalizers, deletion marks and owner references. */
export const deletionTests: readonly ContractTest[] = [
  {
    title: 'only marks an object that has finalizers, and removes it with the last of them',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'a' };
      const made = await client.create(Widget, widget('a', {}, { finalizers: ['kargo.dev/one', 'kargo.dev/two'] }));
      await client.delete(Widget, key);
      const marked = await client.get(Widget, key);
      expect(marked.metadata.deletionTimestamp).toMatch(/Z$/);
      expect(marked.metadata.uid).toBe(made.metadata.uid);
      await client.delete(Widget, key);
      const again = await client.get(Widget, key);
      expect(again.metadata.deletionTimestamp).toBe(marked.metadata.deletionTimestamp);
      await client.update(Widget, { ...again, metadata: { ...again.metadata, finalizers: ['kargo.dev/two'] } });
      expect((await client.get(Widget, key)).metadata.finalizers).toEqual(['kargo.dev/two']);
      await client.patch(Widget, key, { type: 'merge', body: { metadata: { finalizers: null } } });
      await refused(client.get(Widget, key), 'NotFound');
      await client.create(Widget, widget('a'));
    },
  },
  {
    title: 'does not let a deletion be undone or a finalizer be added to it',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'a' };
      await client.create(Widget, widget('a', {}, { finalizers: ['kargo.dev/one'] }));
      await client.delete(Widget, key);
      const unmarked = clone(await client.get(Widget, key)) as Widget;
      delete unmarked.metadata.deletionTimestamp;
      const stored = await client.update(Widget, unmarked).catch(() => client.get(Widget, key));
      expect(stored.metadata.deletionTimestamp).toMatch(/Z$/);
      const more = { ...stored, metadata: { ...stored.metadata, finalizers: ['kargo.dev/one', 'kargo.dev/new'] } };
      await refused(client.update(Widget, more), 'Invalid');
    },
  },
  {
    title: 'removes dependents of a deleted owner',
    run: async ({ client, widget, namespace }) => {
      const owner = await client.create(Widget, widget('owner'));
      const ownerReferences = [
        { apiVersion: owner.apiVersion, kind: owner.kind, name: 'owner', uid: owner.metadata.uid ?? '', controller: true },
      ];
      await client.create(Widget, widget('child', {}, { ownerReferences }));
      await client.create(Widget, widget('other'));
      await client.delete(Widget, { namespace, name: 'owner' }, { propagationPolicy: 'Background' });
      await gone(client, Widget, namespace, 'child');
      expect((await client.list(Widget, { namespace })).items.map(({ metadata }) => metadata.name)).toEqual(['other']);
    },
  },
  {
    title: 'keeps dependents when asked to orphan them',
    run: async ({ client, widget, namespace }) => {
      const owner = await client.create(Widget, widget('owner'));
      const ownerReferences = [{ apiVersion: owner.apiVersion, kind: owner.kind, name: 'owner', uid: owner.metadata.uid ?? '' }];
      await client.create(Widget, widget('child', {}, { ownerReferences }));
      await client.delete(Widget, { namespace, name: 'owner' }, { propagationPolicy: 'Orphan' });
      await gone(client, Widget, namespace, 'owner');
      const child = await client.get(Widget, { namespace, name: 'child' });
      expect(child.metadata.ownerReferences ?? []).toEqual([]);
      expect(child.metadata.deletionTimestamp).toBeUndefined();
    },
  },
  {
    title: 'keeps a dependent as long as one of its owners exists',
    run: async ({ client, widget, namespace }) => {
      const owners = [await client.create(Widget, widget('one')), await client.create(Widget, widget('two'))];
      const ownerReferences = owners.map(({ apiVersion, kind, metadata }) => ({
        apiVersion,
        kind,
        name: metadata.name ?? '',
        uid: metadata.uid ?? '',
      }));
      await client.create(Widget, widget('child', {}, { ownerReferences }));
      await client.delete(Widget, { namespace, name: 'one' });
      await gone(client, Widget, namespace, 'one');
      expect((await client.get(Widget, { namespace, name: 'child' })).metadata.deletionTimestamp).toBeUndefined();
      await client.delete(Widget, { namespace, name: 'two' });
      await gone(client, Widget, namespace, 'child');
    },
  },
];

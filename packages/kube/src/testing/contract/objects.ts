import { expect } from 'vitest';
import { clone } from '../../objects/clone.ts';
import { Gadget, refused, Widget, type ContractTest } from './subject.ts';

/** Create, get, update, delete and what the API adds to objects. */
export const objectTests: readonly ContractTest[] = [
  {
    title: 'fills in uid, creation time, generation and version on create',
    run: async ({ client, widget, namespace }) => {
      const made = await client.create(
        Widget,
        widget('a', { size: 1 }, { uid: 'mine', creationTimestamp: '1999-01-01T00:00:00Z' }),
      );
      expect(made).toMatchObject({ kind: 'Widget', apiVersion: 'contract.kargo.dev/v1', spec: { size: 1 } });
      expect(made.metadata).toMatchObject({ name: 'a', namespace, generation: 1 });
      expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(made.metadata.creationTimestamp).not.toBe('1999-01-01T00:00:00Z');
      expect(made.metadata.resourceVersion).toMatch(/./);
      expect(await client.get(Widget, { namespace, name: 'a' })).toEqual(made);
    },
  },
  {
    title: 'applies the defaults of the schema',
    run: async ({ client, widget }) => {
      expect((await client.create(Widget, widget('a', {}))).spec).toEqual({ color: 'red' });
    },
  },
  {
    title: 'completes generateName with a suffix that differs each time',
    run: async ({ client, widget, namespace }) => {
      const names = new Set<string>();
      for (let i = 0; i < 5; i++) {
        const made = await client.create(Widget, { ...widget(''), metadata: { generateName: 'gen-', namespace } });
        expect(made.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
        names.add(made.metadata.name ?? '');
      }
      expect(names.size).toBe(5);
    },
  },
  {
    title: 'refuses to create an object without a name',
    run: async ({ client, namespace, widget }) => {
      await refused(client.create(Widget, { ...widget(''), metadata: { namespace } }), 'Invalid');
    },
  },
  {
    title: 'refuses a second object of the same name',
    run: async ({ client, widget }) => {
      await client.create(Widget, widget('a'));
      const error = await refused(client.create(Widget, widget('a')), 'AlreadyExists');
      expect(error.code).toBe(409);
      expect(error.message).toBe('widgets.contract.kargo.dev "a" already exists');
    },
  },
  {
    title: 'refuses to create an object that names a version',
    run: async ({ client, widget }) => {
      await refused(client.create(Widget, widget('a', {}, { resourceVersion: '1' })), 'BadRequest');
    },
  },
  {
    title: 'answers NotFound for what is not there, whatever the verb',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'none' };
      const error = await refused(client.get(Widget, key), 'NotFound');
      expect(error).toMatchObject({
        code: 404,
        message: 'widgets.contract.kargo.dev "none" not found',
        details: { name: 'none' },
      });
      await refused(client.update(Widget, widget('none')), 'NotFound');
      await refused(client.updateStatus(Widget, widget('none')), 'NotFound');
      await refused(client.patch(Widget, key, { type: 'merge', body: { spec: { size: 1 } } }), 'NotFound');
      await refused(client.delete(Widget, key), 'NotFound');
    },
  },
  {
    title: 'refuses objects in a namespace that does not exist',
    run: async ({ client, widget }) => {
      await refused(client.create(Widget, widget('a', {}, { namespace: 'no-such-namespace' })), 'NotFound');
    },
  },
  {
    title: 'reports every problem of an object at once, each with its path',
    run: async ({ client, widget }) => {
      const bad = widget('a', { size: -1, color: 'pink' as 'red', parts: ['ok', ''] });
      const error = await refused(client.create(Widget, bad), 'Invalid');
      expect(error.code).toBe(422);
      const fields = (error.details?.causes ?? []).map(({ field }) => field);
      expect(new Set(fields)).toEqual(new Set(['spec.color', 'spec.parts[1]', 'spec.size']));
    },
  },
  {
    title: 'drops unknown fields by default and refuses them when asked to be strict',
    run: async ({ client, widget }) => {
      const extra = { ...widget('a'), spec: { sise: 3 } } as Widget;
      expect((await client.create(Widget, extra, { dryRun: true })).spec).not.toHaveProperty('sise');
      const error = await refused(client.create(Widget, extra, { fieldValidation: 'Strict' }), 'BadRequest');
      expect(error.message).toContain('spec.sise');
    },
  },
  {
    title: 'keeps cluster-scoped objects apart from namespaces',
    run: async ({ client, namespace }) => {
      const gadget: Gadget = { apiVersion: 'contract.kargo.dev/v1', kind: 'Gadget', metadata: { name: `g-${namespace}` } };
      const made = await client.create(Gadget, gadget);
      expect(made.metadata.namespace ?? '').toBe('');
      expect((await client.get(Gadget, { name: `g-${namespace}` })).metadata.uid).toBe(made.metadata.uid);
      await client.delete(Gadget, { name: `g-${namespace}` });
      await refused(client.get(Gadget, { name: `g-${namespace}` }), 'NotFound');
    },
  },
  {
    title: 'replaces everything but status on update',
    run: async ({ client, widget, namespace }) => {
      await client.create(Widget, widget('a', { size: 1, options: { x: '1' } }, { labels: { l: '1' } }));
      const first = await client.updateStatus(Widget, {
        ...(await client.get(Widget, { namespace, name: 'a' })),
        status: { phase: 'Old' },
      });
      const next = clone(first) as Widget;
      next.spec = { size: 2 };
      next.status = { phase: 'New' };
      delete next.metadata.labels;
      const stored = await client.update(Widget, next);
      expect(stored.spec).toEqual({ size: 2, color: 'red' });
      expect(stored.metadata.labels ?? {}).toEqual({});
      expect(stored.status).toEqual({ phase: 'Old' });
      expect(stored.metadata.uid).toBe(first.metadata.uid);
      expect(stored.metadata.creationTimestamp).toBe(first.metadata.creationTimestamp);
    },
  },
  {
    title: 'raises the generation when the spec changes and only then',
    run: async ({ client, widget }) => {
      let at = await client.create(Widget, widget('a', { size: 1 }));
      at = await client.update(Widget, { ...at, spec: { size: 2 } });
      expect(at.metadata.generation).toBe(2);
      at = await client.update(Widget, { ...at, metadata: { ...at.metadata, labels: { l: '1' } } });
      expect(at.metadata.generation).toBe(2);
      at = await client.updateStatus(Widget, { ...at, status: { phase: 'X' } });
      expect(at.metadata.generation).toBe(2);
      at = await client.update(Widget, { ...at, metadata: { ...at.metadata, generation: 99 } });
      expect(at.metadata.generation).toBe(2);
    },
  },
  {
    title: 'does not make a new version when nothing changed',
    run: async ({ client, widget, namespace }) => {
      const made = await client.create(Widget, widget('a', { size: 1 }));
      const version = made.metadata.resourceVersion;
      expect((await client.update(Widget, made)).metadata.resourceVersion).toBe(version);
      const key = { namespace, name: 'a' };
      const patched = await client.patch(Widget, key, { type: 'merge', body: { spec: { size: 1 } } });
      expect(patched.metadata.resourceVersion).toBe(version);
    },
  },
  {
    title: 'leaves everything as it is on a dry run',
    run: async ({ client, widget, namespace }) => {
      const key = { namespace, name: 'a' };
      expect((await client.create(Widget, widget('a'), { dryRun: true })).metadata.name).toBe('a');
      await refused(client.get(Widget, key), 'NotFound');
      const made = await client.create(Widget, widget('a', { size: 1 }));
      expect((await client.update(Widget, { ...made, spec: { size: 2 } }, { dryRun: true })).spec?.size).toBe(2);
      await client.patch(Widget, key, { type: 'merge', body: { spec: { size: 3 } } }, { dryRun: true });
      await client.delete(Widget, key, { dryRun: true });
      expect(await client.get(Widget, key)).toEqual(made);
      await refused(client.create(Widget, widget('b', { size: -1 }), { dryRun: true }), 'Invalid');
    },
  },
  {
    title: 'stops a call whose signal aborts',
    run: async ({ client, namespace }) => {
      const reason = new Error('no longer needed');
      await expect(client.list(Widget, { namespace, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    },
  },
  {
    title: 'does not change or keep the objects that a caller hands in',
    run: async ({ client, widget, namespace }) => {
      const mine = widget('a', { options: { x: '1' } });
      const before = clone(mine);
      await client.create(Widget, mine);
      expect(mine).toEqual(before);
      (mine.spec as { options: Record<string, string> }).options['x'] = 'changed';
      expect((await client.get(Widget, { namespace, name: 'a' })).spec?.options).toEqual({ x: '1' });
    },
  },
];

import type { KubeObject } from '@kargo/api';
import { ConfigMap } from '@kargo/api';
import { expect, it } from 'vitest';
import { ObjectStore } from './object-store.ts';

const object = (namespace: string, name: string, labels: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name, labels },
});

const names = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name ?? '');

it('lists in the order of keys, by namespace and label', () => {
  const store = new ObjectStore(ConfigMap);
  for (const each of [object('b', 'y'), object('a', 'z'), object('a', 'x', { l: '1' })]) store.set(each);
  expect(names(store.list())).toEqual(['x', 'z', 'y']);
  expect(names(store.list({ namespace: 'a' }))).toEqual(['x', 'z']);
  expect(names(store.list({ labelSelector: 'l' }))).toEqual(['x']);
});

it('shares a list until something in it changes', () => {
  const store = new ObjectStore(ConfigMap);
  store.set(object('a', 'x'));
  store.set(object('b', 'x'));
  const [all, own] = [store.list(), store.list({ namespace: 'a' })];
  expect(store.list()).toBe(all);
  expect(Object.isFrozen(all)).toBe(true);
  store.set(object('b', 'y'));
  expect(names(all)).toEqual(['x', 'x']);
  expect(names(store.list())).toEqual(['x', 'x', 'y']);
  expect(store.list({ namespace: 'a' })).toBe(own);
  store.delete('a/x');
  expect(store.list({ namespace: 'a' })).toEqual([]);
});

it('moves an object to where its index keys now are, and files what was there before the index', () => {
  const store = new ObjectStore(ConfigMap);
  store.set(object('a', 'x', { color: 'red' }));
  store.addIndex({ kind: ConfigMap, name: 'color', keys: ({ metadata }) => [metadata.labels?.['color'] ?? 'none', 'any'] });
  expect(names(store.byIndex('color', 'red'))).toEqual(['x']);
  store.set(object('a', 'x', { color: 'blue' }));
  expect(names(store.byIndex('color', 'red'))).toEqual([]);
  expect(names(store.byIndex('color', 'blue'))).toEqual(['x']);
  expect(names(store.byIndex('color', 'any'))).toEqual(['x']);
});

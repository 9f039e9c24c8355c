import type { Application, KubeObject } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { ignoredFields, withIgnoredAsLive } from './ignore-differences.ts';

const app = (...ignoreDifferences: object[]): Application => ({ spec: { ignoreDifferences } }) as unknown as Application;
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'x',
    annotations: { 'a/b': '1' },
    managedFields: [
      { manager: 'autoscaler', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
      {
        manager: 'injector',
        fieldsV1: {
          'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"b"}': { '.': {}, 'f:image': {} } } } } },
        },
      },
    ],
  },
  spec: {
    replicas: 2,
    template: {
      spec: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '2' },
        ],
      },
    },
  },
} as unknown as KubeObject;

it.each<[object, (object: typeof deployment) => unknown, unknown]>([
  [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }, (o) => (o as never)['spec']['replicas'], undefined],
  [{ group: '*', kind: '*', jsonPointers: ['/spec/replicas'] }, (o) => (o as never)['spec']['replicas'], undefined],
  [{ kind: 'Deployment', jsonPointers: ['/spec/replicas'] }, (o) => (o as never)['spec']['replicas'], 2],
  [
    { group: 'apps', kind: 'Deployment', name: 'other', jsonPointers: ['/spec/replicas'] },
    (o) => (o as never)['spec']['replicas'],
    2,
  ],
  [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/metadata/annotations/a~1b'] }, (o) => o.metadata.annotations, {}],
  [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/no/such/path'] }, (o) => o, deployment],
  [
    { group: 'apps', kind: 'Deployment', jqPathExpressions: ['.spec.template.spec.containers[].image'] },
    (o) => (o as never)['spec']['template']['spec']['containers'],
    [{ name: 'a' }, { name: 'b' }],
  ],
  [
    { group: 'apps', kind: 'Deployment', jqPathExpressions: ['.spec.template.spec.containers[1]'] },
    (o) => (o as never)['spec']['template']['spec']['containers'],
    [{ name: 'a', image: '1' }],
  ],
  [
    { group: 'apps', kind: 'Deployment', jqPathExpressions: ['.spec.template.spec.containers[] | select(.name == "b")'] },
    (o) => (o as never)['spec']['template']['spec']['containers'],
    [{ name: 'a', image: '1' }],
  ],
  [
    {
      group: 'apps',
      kind: 'Deployment',
      jqPathExpressions: ['.spec.template.spec.containers[] | select(.name == "b") | .image'],
    },
    (o) => (o as never)['spec']['template']['spec']['containers'],
    [{ name: 'a', image: '1' }, { name: 'b' }],
  ],
  [
    { group: 'apps', kind: 'Deployment', managedFieldsManagers: ['autoscaler', 'injector'] },
    (o) => (o as never)['spec'],
    { template: { spec: { containers: [{ name: 'a', image: '1' }, { name: 'b' }] } } },
  ],
  [{ group: 'apps', kind: 'Deployment', managedFieldsManagers: ['nobody'] }, (o) => o, deployment],
  [{ group: 'apps', kind: 'Deployment', jqPathExpressions: ['.metadata.annotations["a/b"]'] }, (o) => o.metadata.annotations, {}],
])('%j', (rule, pick, want) => {
  expect(pick(ignoredFields(app(rule))(deployment))).toEqual(want);
});

it.each(['spec.replicas', '.a | select(.b)', '.spec.[x'])('refuses the path %s', (expression) => {
  expect(() => ignoredFields(app({ group: 'apps', kind: 'Deployment', jqPathExpressions: [expression] }))).toThrow(
    'ignoreDifferences',
  );
});

describe('with RespectIgnoreDifferences, a sync leaves', () => {
  const desired = {
    replicas: 1,
    containers: [
      { name: 'web', image: 'web:2', env: [{ name: 'A', value: '1' }] },
      { name: 'log', image: 'log:2' },
    ],
    plain: ['a', 'b'],
  };
  const live = {
    replicas: 7,
    paused: true,
    containers: [
      { name: 'log', image: 'log:1', resources: { cpu: 1 } },
      { name: 'web', image: 'web:1', env: [{ name: 'A', value: '9' }] },
      { name: 'injected', image: 'proxy' },
    ],
    plain: ['x', 'y', 'z'],
  };
  it.each<[string, Record<string, string[]>, object]>([
    ['a field', { jsonPointers: ['/spec/replicas'] }, { replicas: 7 }],
    ['a field that is only there live', { jqPathExpressions: ['.spec.paused'] }, { paused: true }],
    ['nothing that is not there live', { jqPathExpressions: ['.spec.other'] }, {}],
    [
      'a field of every element, whatever their order',
      { jqPathExpressions: ['.spec.containers[].image'] },
      {
        containers: [
          { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }] },
          { name: 'log', image: 'log:1' },
        ],
      },
    ],
    ['a field of one element by its place', { jsonPointers: ['/spec/plain/1'] }, { plain: ['a', 'y'] }],
    [
      'a field of a selected element',
      { jqPathExpressions: ['.spec.containers[] | select(.name == "web") | .env'] },
      { containers: [{ name: 'web', image: 'web:2', env: [{ name: 'A', value: '9' }] }, desired.containers[1]] },
    ],
    [
      'an element that somebody else has put there',
      { jqPathExpressions: ['.spec.containers[] | select(.name == "injected")'] },
      { containers: [...desired.containers, { name: 'injected', image: 'proxy' }] },
    ],
    ['a whole list', { jqPathExpressions: ['.spec.plain'] }, { plain: ['x', 'y', 'z'] }],
  ])('%s', (_, rule, changed) => {
    const app = { spec: { ignoreDifferences: [{ group: 'apps', kind: 'Deployment', ...rule }] } } as unknown as Application;
    const object = (spec: object): KubeObject =>
      ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec }) as KubeObject;
    expect(withIgnoredAsLive(app)(object(desired), object(live))).toEqual(object({ ...desired, ...changed }));
  });
});

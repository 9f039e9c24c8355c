import type { Application, KubeObject } from '@kargo/api';
import { expect, it } from 'vitest';
import { ignoredFields } from './ignore-differences.ts';

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

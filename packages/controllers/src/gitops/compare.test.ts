import { ClusterRole, ConfigMap, Secret, Service, type Kind, type KubeObject, type Workload } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { compare } from './compare.ts';
import { kindOfObject, normalizeManifests } from './manifest.ts';

const object = (kind: string, name: string, rest: object = {}, annotations: Record<string, string> = {}): Workload =>
  ({ apiVersion: 'v1', kind, metadata: { namespace: 'web', name, annotations }, ...rest }) as Workload;
const kindOf = (name: string): Kind<Workload> => ({ Service, ConfigMap, Secret })[name] as unknown as Kind<Workload>;

/** The state of the Application, and of each object. */
function compared(targets: Workload[], live: Workload[]): { app: string; objects: string[] } {
  const comparisons = compare(
    targets.map((each) => ({ kind: kindOf(each.kind), object: each })),
    live.map((each) => ({ kind: kindOf(each.kind), object: each })),
  );
  const counted = comparisons.filter((each) => each.counted);
  return {
    app: counted.every(({ synced }) => synced) ? 'Synced' : 'OutOfSync',
    objects: comparisons.map(({ target, live: found, synced, requiresPruning }) =>
      [(target ?? found)?.metadata.name, synced ? 'Synced' : 'OutOfSync', ...(requiresPruning ? ['requires pruning'] : [])].join(
        ' ',
      ),
    ),
  };
}

describe('[40 C4.7] comparing what is desired with what is there', () => {
  const a = object('Service', 'a', { spec: { ports: [{ port: 80 }] } });
  const ignored = { 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' };
  it.each<[string, Workload[], Workload[], { app: string; objects: string[] }]>([
    ['nothing at all is synced', [], [], { app: 'Synced', objects: [] }],
    ['what is missing is out of sync', [a], [], { app: 'OutOfSync', objects: ['a OutOfSync'] }],
    ['what is equal is synced', [a], [a], { app: 'Synced', objects: ['a Synced'] }],
    [
      'fields that only the live object has do not count',
      [a],
      [object('Service', 'a', { spec: { ports: [{ port: 80 }], clusterIP: '10.0.0.1' }, status: { loadBalancer: {} } })],
      { app: 'Synced', objects: ['a Synced'] },
    ],
    ['what is surplus is out of sync', [], [a], { app: 'OutOfSync', objects: ['a OutOfSync requires pruning'] }],
    [
      'what is surplus and may be does not count',
      [],
      [object('ConfigMap', 'b', {}, ignored)],
      { app: 'Synced', objects: ['b OutOfSync requires pruning'] },
    ],
    [
      'hooks and skipped objects do not count',
      ['PreSync', 'Skip'].map((hook) => object('ConfigMap', hook.toLowerCase(), {}, { 'argocd.argoproj.io/hook': hook })),
      [],
      { app: 'Synced', objects: ['presync OutOfSync', 'skip OutOfSync'] },
    ],
    [
      'texts of a Secret are compared with its data',
      [object('Secret', 's', { stringData: { key: 'text' } })],
      [object('Secret', 's', { data: { key: 'dGV4dA==' } })],
      { app: 'Synced', objects: ['s Synced'] },
    ],
  ])('%s', (_, targets, live, want) => {
    expect(compared(targets, live)).toEqual(want);
  });

  it('of objects that are rendered twice the last counts, and cluster-scoped ones lose their namespace', async () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: ClusterRole.kind,
      metadata: { namespace: 'web', name: 'r' },
    } as KubeObject;
    const { manifests, repeated } = await normalizeManifests(
      [object('ConfigMap', 'b', { data: { v: '1' } }), role, object('ConfigMap', 'b', { data: { v: '2' } })],
      { app: 'web', namespace: 'web', kindOf: async (each) => kindOfObject(each) },
    );
    expect(repeated).toEqual(['/ConfigMap:web/b']);
    expect(manifests.map(({ object: each }) => [each.metadata.name, each.metadata.namespace, each['data' as never]])).toEqual([
      ['r', undefined, undefined],
      ['b', 'web', { v: '2' }],
    ]);
  });
});

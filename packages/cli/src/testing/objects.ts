import type { ApiObject } from '../client/objects.ts';

const apiVersion = 'kargo.akuity.io/v1alpha1';

/** A Stage as the API sends it. */
export function stage(name: string, status: Record<string, unknown> = {}): ApiObject {
  return {
    apiVersion,
    kind: 'Stage',
    metadata: { name, namespace: 'demo', creationTimestamp: '2026-01-02T03:00:05Z' },
    spec: { shard: 'east' },
    status: {
      freightSummary: 'f1f2f3',
      health: { status: 'Healthy' },
      conditions: [
        { type: 'Ready', status: 'True', reason: 'x', message: 'all good', lastTransitionTime: '2026-01-02T03:00:05Z' },
      ],
      ...status,
    },
  };
}

/** Freight as the API sends it. */
export function freight(name: string, alias: string, verifiedIn: readonly string[]): ApiObject {
  return {
    apiVersion,
    kind: 'Freight',
    metadata: { name, namespace: 'demo', labels: { 'kargo.akuity.io/alias': alias } },
    origin: { kind: 'Warehouse', name: 'guestbook' },
    discoveredAt: '2026-01-01T01:04:05Z',
    status: { verifiedIn: Object.fromEntries(verifiedIn.map((of) => [of, { verifiedAt: '2026-01-02T00:00:00Z' }])) },
  } as ApiObject;
}

/** A Promotion as the API sends it. */
export function promotion(name: string, phase?: string, message?: string): ApiObject {
  return {
    apiVersion,
    kind: 'Promotion',
    metadata: { name, namespace: 'demo', creationTimestamp: '2026-01-02T03:04:00Z' },
    spec: { stage: 'test', freight: 'f1f2f3', steps: [] },
    status: { ...(phase === undefined ? {} : { phase }), ...(message === undefined ? {} : { message }) },
  };
}

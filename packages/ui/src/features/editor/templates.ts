/** What new objects begin as. */
import { stringify } from 'yaml';

const V1 = 'kargo.akuity.io/v1alpha1';

function text(object: object): string {
  return stringify(object, { lineWidth: 0 });
}

export function newStage(project: string, warehouse: string, upstream?: string): string {
  return text({
    apiVersion: V1,
    kind: 'Stage',
    metadata: { name: '', namespace: project },
    spec: {
      requestedFreight: [
        {
          origin: { kind: 'Warehouse', name: warehouse },
          sources: upstream === undefined ? { direct: true } : { stages: [upstream] },
        },
      ],
    },
  });
}

export function newWarehouse(project: string): string {
  return text({
    apiVersion: V1,
    kind: 'Warehouse',
    metadata: { name: '', namespace: project },
    spec: { interval: '5m0s', freightCreationPolicy: 'Automatic', subscriptions: [{ image: { repoURL: '' } }] },
  });
}

export function newProject(): string {
  return text({ apiVersion: V1, kind: 'Project', metadata: { name: '' } });
}

export function newObject(apiVersion: string, kind: string, namespace: string | undefined, spec: object): string {
  return text({ apiVersion, kind, metadata: { name: '', ...(namespace === undefined ? {} : { namespace }) }, spec });
}

export function namedObject(apiVersion: string, kind: string, name: string, namespace: string | undefined, spec: object): string {
  return text({ apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec });
}

/** What copies of shared Secrets and ConfigMaps look like. Pure. */
import { annotations, labels, sha256Hex, shortenLabel, type ConfigMap, type Secret } from '@kargo/api';
import { clone } from '@kargo/kube';

/** An object that may be copied to every Project. */
export type Replicable = Secret | ConfigMap;

/** Keys of the metadata that are about copying itself, or about the one object alone. */
const BOOKKEEPING = new Set<string>([
  labels.replicatedFrom,
  labels.replicatedSha,
  annotations.replicateTo,
  annotations.replicatedAt,
  'kubectl.kubernetes.io/last-applied-configuration',
]);

/** Whether an object of the shared namespace is to be copied. A Secret has to say what it is for. */
export function isToReplicate({ kind, metadata }: Replicable): boolean {
  if (metadata.deletionTimestamp !== undefined || metadata.annotations?.[annotations.replicateTo] !== '*') return false;
  return kind !== 'Secret' || metadata.labels?.[labels.credType] !== undefined;
}

/** The copy of an object for a Project. */
export function replicaOf(source: Replicable, namespace: string, at: string): Replicable {
  const { metadata, ...content } = clone(source);
  const { name = '' } = metadata;
  return {
    ...content,
    metadata: {
      name,
      namespace,
      labels: {
        ...withoutBookkeeping(metadata.labels),
        [labels.replicatedFrom]: shortenLabel(name),
        [labels.replicatedSha]: contentHash(source),
      },
      annotations: { ...withoutBookkeeping(metadata.annotations), [annotations.replicatedAt]: at },
    },
  } as Replicable;
}

/** Whether a copy holds what its source does, and nobody has changed it since. */
export function isCurrent(replica: Replicable, source: Replicable): boolean {
  const wanted = contentHash(source);
  return replica.metadata.labels?.[labels.replicatedSha] === wanted && contentHash(replica) === wanted;
}

/** A hash of what is copied: labels, annotations, data and type, in order of keys. */
function contentHash(object: Replicable): string {
  const { metadata } = object;
  const { data = {}, binaryData = {}, type = '' } = object as Partial<Pick<ConfigMap, 'data' | 'binaryData'>> & { type?: string };
  const parts = [withoutBookkeeping(metadata.labels), withoutBookkeeping(metadata.annotations), data, binaryData].map((map) =>
    Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  return sha256Hex(JSON.stringify([...parts, type])).slice(0, 16);
}

function withoutBookkeeping(map: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !BOOKKEEPING.has(key)));
}

import { type KubeObject, labels } from '@kargo/api';

/** Makes the shard label follow `shard`: set, or absent if there is none. */
export function syncShardLabel(object: KubeObject, shard: string | undefined): void {
  setLabel(object, labels.shard, shard);
}

/** Sets a label, or removes it if the value is absent or empty. */
export function setLabel({ metadata }: KubeObject, key: string, value: string | undefined): void {
  const { [key]: _, ...others } = metadata.labels ?? {};
  const next = value === undefined || value === '' ? others : { ...others, [key]: value };
  if (Object.keys(next).length === 0) delete metadata.labels;
  else metadata.labels = next;
}

/** Sets an annotation, or removes it if the value is absent. */
export function setAnnotation({ metadata }: KubeObject, key: string, value: string | undefined): void {
  const { [key]: _, ...others } = metadata.annotations ?? {};
  const next = value === undefined ? others : { ...others, [key]: value };
  if (Object.keys(next).length === 0) delete metadata.annotations;
  else metadata.annotations = next;
}

import type { KubeList, KubeObject } from '@kargo/api';

/** An object reduced to its metadata. */
export function partialMetadata({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

/** A list reduced to the metadata of its items. */
export function partialMetadataList({ metadata, items }: KubeList): object {
  return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: items.map(partialMetadata) };
}

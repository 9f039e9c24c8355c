import { type Kind, type KubeObject } from '@kargo/api';
import { clone } from '@kargo/kube';
import type { JsonObject } from '../object/json.ts';
import { hasContentFinalizer } from './namespaces.ts';
import { strategyOf } from './strategy.ts';

/** What a write is about: the whole object without its status, or a part of it. */
export type WrittenPart = 'status' | 'finalize' | undefined;

/**
 * The proposed object with everything that the writer may not change taken from the stored one. What is taken is shared with it and
 * frozen; what is proposed is copied, unless `owned` says that nobody else has it.
 */
export function inherit(kind: Kind, existing: KubeObject, proposed: KubeObject, part: WrittenPart, owned: boolean): KubeObject {
  const stored = existing as KubeObject & JsonObject;
  const offered = proposed as KubeObject & JsonObject;
  const own = <T>(value: T): T => (owned ? value : (clone(value) as T));
  if (part !== undefined) {
    const { labels, annotations, ...metadata } = stored.metadata;
    // Rules may change these two whatever is written.
    if (labels !== undefined) Object.assign(metadata, { labels: clone(labels) });
    if (annotations !== undefined) Object.assign(metadata, { annotations: clone(annotations) });
    const object: KubeObject & JsonObject = { ...stored, metadata };
    if (part === 'finalize') {
      object['spec'] = own(offered['spec']);
      return object;
    }
    if (offered['status'] === undefined) delete object['status'];
    else object['status'] = own(offered['status']);
    if (offered.metadata.managedFields !== undefined) object.metadata.managedFields = offered.metadata.managedFields;
    return object;
  }
  const { status, metadata: _, ...rest } = offered;
  const { managedFields, ...given } = offered.metadata;
  const metadata: KubeObject['metadata'] = own(given);
  if (managedFields !== undefined) metadata.managedFields = managedFields;
  for (const field of INHERITED) {
    if (stored.metadata[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: stored.metadata[field] });
  }
  const object: KubeObject & JsonObject = { ...own(rest), apiVersion: stored.apiVersion, kind: stored.kind, metadata };
  const kept = kind.statusSubresource ? stored['status'] : own(status);
  if (kept !== undefined) object['status'] = kept;
  strategyOf(kind).prepareUpdate?.(object, existing);
  return object;
}

/** Metadata that only the server sets. */
const INHERITED = [
  'name',
  'namespace',
  'generateName',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** What counts as the specification: everything but identity, metadata, and status where it is a subresource. */
export function contentOf(kind: Kind, object: KubeObject): JsonObject {
  const content: JsonObject = { ...object };
  delete content['metadata'];
  if (kind.statusSubresource) delete content['status'];
  return content;
}

/** Whether a deleted object has nothing left that keeps it. */
export function isFinished(kind: Kind, object: KubeObject): boolean {
  if (object.metadata.deletionTimestamp === undefined || (object.metadata.finalizers?.length ?? 0) > 0) return false;
  return !(kind.group === '' && kind.plural === 'namespaces' && hasContentFinalizer(object));
}

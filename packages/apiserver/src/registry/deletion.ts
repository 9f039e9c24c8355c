import { forbidden, type Kind, type KubeObject, type Namespace } from '@kargo/api';
import { clone, type DeleteOptions } from '@kargo/kube';
import { hasContentFinalizer, SYSTEM_NAMESPACES } from './namespaces.ts';

/** Keeps an owner until its dependents are gone. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
/** Keeps an owner until its dependents have forgotten it. */
export const ORPHAN_FINALIZER = 'orphan';

/** What deleting an object amounts to. */
export type DeletionPlan = { kind: 'remove' } | { kind: 'unchanged' } | { kind: 'mark'; object: KubeObject };

/** Decides whether an object goes at once or is marked because something still holds it. */
export function planDeletion(kind: Kind, existing: KubeObject, options: DeleteOptions, now: string): DeletionPlan {
  const isNamespace = kind.group === '' && kind.plural === 'namespaces';
  if (isNamespace && SYSTEM_NAMESPACES.includes(existing.metadata.name ?? ''))
    throw forbidden(kind, { name: existing.metadata.name ?? '' }, 'this namespace may not be deleted');
  const finalizers = new Set(existing.metadata.finalizers);
  if (options.propagationPolicy !== undefined) {
    finalizers.delete(FOREGROUND_FINALIZER);
    finalizers.delete(ORPHAN_FINALIZER);
    if (options.propagationPolicy === 'Foreground') finalizers.add(FOREGROUND_FINALIZER);
    if (options.propagationPolicy === 'Orphan') finalizers.add(ORPHAN_FINALIZER);
  }
  if (finalizers.size === 0 && !(isNamespace && hasContentFinalizer(existing))) return { kind: 'remove' };
  const before = existing.metadata.finalizers ?? [];
  const sameFinalizers = finalizers.size === before.length && before.every((finalizer) => finalizers.has(finalizer));
  if (existing.metadata.deletionTimestamp !== undefined && sameFinalizers) return { kind: 'unchanged' };

  const object = clone(existing) as KubeObject;
  if (finalizers.size === 0) delete object.metadata.finalizers;
  else object.metadata.finalizers = [...finalizers];
  if (object.metadata.deletionTimestamp === undefined) {
    object.metadata.deletionTimestamp = now;
    object.metadata.deletionGracePeriodSeconds = 0;
    if (object.metadata.generation !== undefined) object.metadata.generation++;
  }
  if (isNamespace) (object as Namespace).status = { ...(object as Namespace).status, phase: 'Terminating' };
  return { kind: 'mark', object };
}

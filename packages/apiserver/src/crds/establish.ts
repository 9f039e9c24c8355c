import type { KubeObject } from '@kargo/api';
import { isObject, type JsonObject } from '../object/json.ts';

/** Keeps a definition until the objects of its kind are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** Gives a definition the status of one whose kind is served, which it is from the moment it is stored, and its finalizer. */
export function establish(definition: JsonObject, old?: KubeObject): void {
  const { metadata } = definition as unknown as KubeObject;
  if (metadata.deletionTimestamp === undefined)
    metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), CLEANUP_FINALIZER])];
  const spec = isObject(definition['spec']) ? definition['spec'] : {};
  const versions = Array.isArray(spec['versions']) ? spec['versions'].filter(isObject) : [];
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: metadata.creationTimestamp,
  });
  definition['status'] = {
    acceptedNames: spec['names'],
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    storedVersions: [
      ...new Set([...storedVersions(old), ...versions.filter(({ storage }) => storage === true).map(({ name }) => name)]),
    ],
  };
}

/** The versions in which objects of a definition may be stored. */
export function storedVersions(definition: KubeObject | undefined): unknown[] {
  const { status } = (definition ?? {}) as { status?: unknown };
  return isObject(status) && Array.isArray(status['storedVersions']) ? status['storedVersions'] : [];
}

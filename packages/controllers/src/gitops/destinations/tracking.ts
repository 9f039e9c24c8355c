import type { KubeObject } from '@kargo/api';
import { describeObject, TRACKING_ANNOTATION } from '../manifest.ts';

/** Index that files objects under the Application whose tracking id they carry. */
export const TRACKING_INDEX = 'gitops-app';

/**
 * Name of the Application that an object belongs to: none, or one. A tracking id that names another object was copied with other annotations,
 * as controllers do for what they make of an object.
 */
export function trackedBy(object: KubeObject): readonly string[] {
  const id = object.metadata.annotations?.[TRACKING_ANNOTATION];
  const colon = id?.indexOf(':') ?? -1;
  if (id === undefined || colon <= 0 || id.slice(colon + 1) !== describeObject(object)) return [];
  return [id.slice(0, colon)];
}

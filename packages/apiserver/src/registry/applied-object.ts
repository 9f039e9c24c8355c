import { ApiError, apiVersionOf, invalid, type Kind, type KubeObject, type ObjectKey } from '@kargo/api';
import { clone } from '@kargo/kube';
import { isObject } from '../object/json.ts';
import type { WriteContext } from './writes.ts';

/** A private copy of what is applied, with name and namespace filled in. Fails with `BadRequest` or `Invalid` for what cannot be applied. */
export function appliedObject(kind: Kind, key: ObjectKey, body: KubeObject, { options }: WriteContext): KubeObject {
  if ((options.fieldManager ?? '') === '')
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions', plural: 'patchoptions' }, '', [
      { field: 'fieldManager', type: 'FieldValueRequired', detail: 'is required for apply patch' },
    ]);
  if (body.apiVersion !== apiVersionOf(kind) || body.kind !== kind.kind)
    throw new ApiError(
      'BadRequest',
      `the applied object is a ${JSON.stringify(body.apiVersion)} ${JSON.stringify(body.kind)}, but the request is for ${apiVersionOf(kind)} ${kind.kind}`,
    );
  const applied = clone(body) as KubeObject;
  if (!isObject(applied.metadata)) Object.assign(applied, { metadata: {} });
  const { metadata } = applied;
  if ((metadata.managedFields?.length ?? 0) > 0) throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  delete metadata.managedFields;
  if ((metadata.name ?? key.name) !== key.name || (metadata.namespace ?? key.namespace) !== key.namespace)
    throw new ApiError(
      'BadRequest',
      `the applied object is named ${JSON.stringify(metadata.namespace ?? '')} ${JSON.stringify(metadata.name ?? '')}, but the request is for ${key.namespace ?? ''}/${key.name}`,
    );
  metadata.name = key.name;
  if (key.namespace !== undefined) metadata.namespace = key.namespace;
  return applied;
}

import { ApiError, apiVersionOf, type Kind, type KubeObject } from '@kargo/api';
import { applyMergePatch, type Patch } from '@kargo/kube';
import { isObject } from '../object/json.ts';
import { shapeOf } from '../patch/shape.ts';
import { strategicMerge } from '../patch/strategic-merge.ts';
import { jsonPatch, JsonPatchError, JsonPatchTooLargeError } from '../patch/json-patch.ts';

/** The stored object as patched; unchanged parts are shared with it. Fails with `BadRequest` or `Invalid` when the patch does not fit. */
export function patched(kind: Kind, existing: KubeObject, patch: Exclude<Patch, { type: 'apply' }>): KubeObject {
  const result = applied(kind, existing, patch);
  if (!isObject(result) || !isObject(result['metadata']))
    throw new ApiError(
      'BadRequest',
      `the patch leaves nothing that is a ${kind.kind}: the result must be an object with metadata`,
    );
  const object = result as unknown as KubeObject;
  if (object.apiVersion !== apiVersionOf(kind) || object.kind !== kind.kind)
    throw new ApiError('BadRequest', `the patch changes apiVersion or kind, which cannot be changed`);
  if (object.metadata.name !== existing.metadata.name || object.metadata.namespace !== existing.metadata.namespace)
    throw new ApiError('BadRequest', `the patch changes name or namespace, which cannot be changed`);
  return object;
}

function applied(kind: Kind, existing: KubeObject, patch: Exclude<Patch, { type: 'apply' }>): unknown {
  switch (patch.type) {
    case 'merge':
      if (!isObject(patch.body)) throw new ApiError('BadRequest', 'a merge patch of an object must be an object');
      return applyMergePatch(existing, patch.body);
    case 'json':
      try {
        return jsonPatch(existing, patch.body);
      } catch (cause) {
        if (cause instanceof JsonPatchTooLargeError)
          throw new ApiError('RequestEntityTooLarge', `Request entity too large: ${cause.message}`, { cause });
        if (cause instanceof JsonPatchError)
          throw new ApiError('Invalid', `the server rejected our request due to an error in our request: ${cause.message}`, {
            cause,
          });
        throw cause;
      }
    case 'strategic':
      if (kind.schema !== undefined)
        throw new ApiError(
          'UnsupportedMediaType',
          `the body of the request was in an unknown format: strategic merge patches are for core kinds only; use a merge patch for ${kind.kind}`,
        );
      return strategicMerge(existing, patch.body, shapeOf(kind));
  }
}

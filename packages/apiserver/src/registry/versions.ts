import { ApiError, apiVersionOf, invalid, type Kind, type KubeObject } from '@kargo/api';
import { clone, deepFreeze, type Patch } from '@kargo/kube';
import { isObject, type JsonObject } from '../object/json.ts';
import type { KindSchema } from '../schema/kind-schema.ts';

/** An object in a version of its kind: the versions of a kind differ in their schemas, not in the meaning of fields. */
export function inVersion<T extends KubeObject>(object: T, kind: Kind): T {
  const apiVersion = apiVersionOf(kind);
  if (object.apiVersion === apiVersion) return object;
  const converted = { ...object, apiVersion };
  return Object.isFrozen(object) ? deepFreeze(converted) : converted;
}

/** An object sent in one version as it is stored, a private copy. Fails with `BadRequest` or, where the version has other rules, `Invalid`. */
export function storedForm(object: KubeObject, version: Kind, stored: Kind, schemaOf: (kind: Kind) => KindSchema): KubeObject {
  if (!isObject(object) || object.apiVersion !== apiVersionOf(version) || object.kind !== version.kind)
    throw new ApiError(
      'BadRequest',
      `the object is not a ${version.kind} in version ${apiVersionOf(version)}, which the request is for`,
    );
  const copy = clone(object) as KubeObject;
  const schema = schemaOf(version);
  schema.normalize(copy as unknown as JsonObject);
  const errors = isObject(copy.metadata) ? schema.validate(copy, undefined) : [];
  if (errors.length > 0) throw invalid(version, copy.metadata.name ?? '', errors);
  return { ...copy, apiVersion: apiVersionOf(stored) };
}

/** A patch made for one version, for the form that is stored. */
export function storedPatch(patch: Patch, version: Kind, stored: Kind): Patch {
  const apiVersion = apiVersionOf(stored);
  switch (patch.type) {
    case 'json':
      return {
        type: 'json',
        body: patch.body.map((operation) =>
          operation.path === '/apiVersion' && operation.value === apiVersionOf(version)
            ? { ...operation, value: apiVersion }
            : operation,
        ),
      };
    case 'apply':
      return patch.body.apiVersion === apiVersionOf(version) ? { ...patch, body: { ...patch.body, apiVersion } } : patch;
    case 'merge':
    case 'strategic':
      return patch.body['apiVersion'] === apiVersionOf(version) ? { ...patch, body: { ...patch.body, apiVersion } } : patch;
  }
}

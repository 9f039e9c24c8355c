import { ApiError, invalid, Pod, resourceName, Secret, ServiceAccount, type FieldError, type ObjectKey } from '@kargo/api';
import { timestamp } from '@kargo/kube';
import { ISSUER, type BoundObject, type ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { isObject, type JsonObject } from '../object/json.ts';
import type { Registry } from '../registry/registry.ts';

const SHORTEST = 600;
const LONGEST = 2 ** 32;
const DEFAULT = 3600;

/** The subresource of ServiceAccounts that makes tokens. */
export const TOKEN_SUBRESOURCE = { resource: resourceName(ServiceAccount), subresource: 'token' } as const;

/** Makes a token as a TokenRequest asks. Fails with `NotFound`, `Invalid`, or `Conflict` when what it binds to is another object. */
export function answerTokenRequest(
  key: ObjectKey,
  body: unknown,
  { registry, tokens }: { registry: Registry; tokens: ServiceAccountTokens },
): object {
  const request = isObject(body) ? body : {};
  const spec = isObject(request['spec']) ? request['spec'] : {};
  const expirationSeconds = spec['expirationSeconds'] ?? DEFAULT;
  const errors: FieldError[] = [];
  const duration = typeof expirationSeconds === 'number' ? expirationSeconds : Number.NaN;
  if (!(Number.isInteger(duration) && duration >= SHORTEST && duration <= LONGEST))
    errors.push({
      field: 'spec.expirationSeconds',
      type: 'FieldValueInvalid',
      value: expirationSeconds,
      detail:
        duration > LONGEST
          ? 'may not specify a duration larger than 2^32 seconds'
          : 'may not specify a duration less than 10 minutes',
    });
  if (errors.length > 0)
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest', plural: 'tokenrequests' }, '', errors);
  const account = registry.get(ServiceAccount, key) as ServiceAccount;
  const asked = Array.isArray(spec['audiences']) ? spec['audiences'].filter((audience) => typeof audience === 'string') : [];
  const audiences = asked.length === 0 ? [ISSUER] : asked;
  const boundTo = boundObject(spec, key, registry);
  const { token, expires = 0 } = tokens.issue(account, { audiences, expiresIn: duration, boundTo });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: key.name, namespace: key.namespace, creationTimestamp: null },
    spec: { ...spec, audiences, expirationSeconds: duration },
    status: { token, expirationTimestamp: timestamp(expires) },
  };
}

function boundObject(spec: JsonObject, { namespace }: ObjectKey, registry: Registry): BoundObject | undefined {
  const reference = spec['boundObjectRef'];
  if (!isObject(reference)) return undefined;
  const kind = [Pod, Secret].find((candidate) => candidate.kind === reference['kind']);
  const name = typeof reference['name'] === 'string' ? reference['name'] : '';
  if (kind === undefined)
    throw new ApiError('BadRequest', `cannot bind token for serviceaccount to object type ${JSON.stringify(reference['kind'])}`);
  const { uid = '' } = registry.get(kind, { namespace, name }).metadata;
  if (typeof reference['uid'] === 'string' && reference['uid'] !== '' && reference['uid'] !== uid)
    throw new ApiError(
      'Conflict',
      `the UID in the bound object reference (${reference['uid']}) does not match the UID in record (${uid})`,
    );
  return { kind: kind.kind as BoundObject['kind'], name, uid };
}

import { ConfigMap, Freight, isReason, labels, Secret, Stage, type Kind, type KubeObject } from '@kargo/api';
import { hostFunction, type HostFunction, type StringMap, type Value } from '@kargo/expr';
import type { Reader } from '@kargo/kube';
import type { Fetch } from './suspend.ts';

export interface ResourceAccess {
  client: Pick<Reader, 'get'>;
  project: string;
  /** Namespace of what all projects share; empty: there is none. */
  sharedNamespace: string;
  signal: AbortSignal;
  fetch: Fetch;
  /** Told the values of the Secrets that are read. */
  noteSecret?: ((secret: string) => void) | undefined;
}

/**
 * `configMap`, `secret`, `sharedConfigMap`, `sharedSecret`, `freightMetadata`, `freightStatus` and `stageMetadata`. What does not exist
 * is an empty map, or nil for the last three.
 */
export function resourceFunctions(access: ResourceAccess): Record<string, HostFunction> {
  const { project, sharedNamespace } = access;
  const texts = (name: string, read: (of: string) => StringMap): HostFunction =>
    hostFunction(name, { params: ['string'], result: 'map' }, ([of]) => read(String(of)));
  const named = (name: string, what: string, read: (of: string) => Value): HostFunction =>
    hostFunction(name, { params: ['string'], result: 'any' }, ([of]) => {
      if (of === '') throw new Error(`${name}() needs the name of a ${what}`);
      return read(String(of));
    });
  const noted = (data: Record<string, string>): StringMap => {
    for (const value of Object.values(data)) access.noteSecret?.(value);
    return data;
  };
  return {
    configMap: texts('configMap', (name) => dataOf(read(access, ConfigMap, project, name)?.data)),
    secret: texts('secret', (name) => noted(decoded(read(access, Secret, project, name)))),
    sharedConfigMap: texts('sharedConfigMap', (name) =>
      sharedNamespace === '' ? {} : dataOf(read(access, ConfigMap, sharedNamespace, name)?.data),
    ),
    sharedSecret: texts('sharedSecret', (name) => {
      const secret = sharedNamespace === '' ? undefined : read(access, Secret, sharedNamespace, name);
      return secret?.metadata.labels?.[labels.credType] === 'generic' ? noted(decoded(secret)) : {};
    }),
    freightMetadata: named('freightMetadata', 'Freight', (name) =>
      asValue(read(access, Freight, project, name)?.status?.metadata),
    ),
    freightStatus: named('freightStatus', 'Freight', (name) => {
      const freight = read(access, Freight, project, name);
      return freight === undefined ? null : asValue(freight.status ?? {});
    }),
    stageMetadata: named('stageMetadata', 'Stage', (name) => asValue(read(access, Stage, project, name)?.status?.metadata)),
  };
}

function read<T extends KubeObject>(
  { client, fetch, signal }: ResourceAccess,
  kind: Kind<T>,
  namespace: string,
  name: string,
): T | undefined {
  if (name === '') return undefined;
  return fetch(`${kind.kind} ${namespace}/${name}`, async () => {
    try {
      return await client.get(kind, { namespace, name }, { signal });
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw new Error(`could not read ${kind.kind} "${name}" in namespace "${namespace}": ${String(error)}`, { cause: error });
    }
  });
}

function dataOf(data: Readonly<Record<string, string>> | undefined): StringMap {
  return { ...data };
}

function decoded(secret: Secret | undefined): Record<string, string> {
  const entries = Object.entries(secret?.data ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

/** A resource's JSON as a value; absent: nil. */
function asValue(json: object | undefined): Value {
  return json === undefined ? null : (json as StringMap);
}

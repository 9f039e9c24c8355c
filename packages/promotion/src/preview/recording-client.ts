import {
  alreadyExists,
  apiVersionOf,
  keyText,
  notFound,
  Secret,
  type Json,
  type Kind,
  type KubeObject,
  type ObjectKey,
} from '@kargo/api';
import { applyMergePatch, createMergePatch, type Client } from '@kargo/kube';
import type { PreviewEffect } from './document.ts';
import type { SecretsSeen } from './secrets.ts';

type Resource = Extract<PreviewEffect, { kind: 'resource' }>;

/** Events are written about what happens; they change nothing. */
const UNTOLD: ReadonlySet<string> = new Set(['Event']);

/**
 * A client that writes nothing: what would be written is recorded, and seen by later reads of the same object. Secrets that are read are
 * taken note of.
 */
export function recordingClient(client: Client, record: (effect: Resource) => void, secrets: SecretsSeen): Client {
  const written = new Map<string, KubeObject | undefined>();
  const idOf = (kind: Kind<never> | Kind<KubeObject>, key: ObjectKey): string => `${kind.group}/${kind.kind}/${keyText(key)}`;
  const seen = <T extends KubeObject>(object: T): T => {
    if (object.kind === Secret.kind) noteSecret(object, secrets);
    return object;
  };
  const read: Client['get'] = async (kind, key, options) => {
    const id = idOf(kind, key);
    if (!written.has(id)) return seen(await client.get(kind, key, options));
    const own = written.get(id);
    if (own === undefined) throw notFound(kind as unknown as Kind<KubeObject>, key);
    return own as never;
  };
  const tell = (kind: Kind<never> | Kind<KubeObject>, verb: Resource['verb'], key: ObjectKey, change?: unknown): void => {
    if (UNTOLD.has(kind.kind)) return;
    const { namespace, name } = key;
    const resource = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...(namespace === undefined ? {} : { namespace }), name };
    record({
      kind: 'resource',
      verb,
      resource,
      ...(change === undefined ? {} : { change: JSON.parse(JSON.stringify(change)) as Json }),
    });
  };
  const replace = async <T extends KubeObject>(kind: Kind<T>, object: T, part: 'status' | 'rest'): Promise<T> => {
    const key = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
    const before = await read(kind, key);
    const status = (part === 'status' ? object : before) as { status?: unknown };
    const after = { ...(part === 'status' ? before : object), status: status.status } as T;
    const change = createMergePatch(before, after);
    if (change !== undefined) tell(kind as never, 'update', key, change);
    written.set(idOf(kind as never, key), after);
    return after;
  };
  return {
    get: read,
    async list(kind, options) {
      const found = await client.list(kind, options);
      const items = found.items.flatMap((item) => {
        const id = idOf(kind, { namespace: item.metadata.namespace, name: item.metadata.name ?? '' });
        if (!written.has(id)) return [seen(item)];
        const own = written.get(id);
        return own === undefined ? [] : [own as typeof item];
      });
      return { ...found, items };
    },
    watch: (kind, options) => client.watch(kind, options),
    async create(kind, object) {
      const name = object.metadata.name ?? `${object.metadata.generateName ?? ''}*`;
      const key = { namespace: object.metadata.namespace, name };
      const id = idOf(kind, key);
      if (object.metadata.name !== undefined && !UNTOLD.has(kind.kind)) {
        const exists = await read(kind, key).then(
          () => true,
          () => false,
        );
        if (exists) throw alreadyExists(kind as unknown as Kind<KubeObject>, key);
      }
      tell(kind, 'create', key, object);
      written.set(id, object);
      return object;
    },
    update: (kind, object) => replace(kind, object, 'rest'),
    updateStatus: (kind, object) => replace(kind, object, 'status'),
    async patch(kind, key, patch) {
      const before = await read(kind, key);
      tell(kind, 'patch', key, patch.type === 'merge' ? withoutVersion(patch.body) : patch.body);
      if (patch.type === 'json') return before;
      const after = applyMergePatch(before, withoutVersion(patch.body as { [key: string]: Json | undefined })) as typeof before;
      written.set(idOf(kind, key), after);
      return after;
    },
    async delete(kind, key) {
      await read(kind, key);
      tell(kind, 'delete', key);
      written.set(idOf(kind, key), undefined);
    },
  };
}

function noteSecret(object: KubeObject, secrets: SecretsSeen): void {
  const { data, stringData } = object as Secret & { stringData?: Record<string, string> };
  for (const value of Object.values(data ?? {})) {
    secrets.add(Buffer.from(value, 'base64').toString('utf8'));
    secrets.add(value);
  }
  for (const value of Object.values(stringData ?? {})) secrets.add(value);
}

/** A precondition is no change. */
function withoutVersion(body: { [key: string]: Json | undefined }): { [key: string]: Json | undefined } {
  const { metadata, ...rest } = body;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return body;
  const { resourceVersion: _, uid: __, ...kept } = metadata;
  return Object.keys(kept).length === 0 ? rest : { ...rest, metadata: kept };
}

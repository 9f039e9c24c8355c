import {
  ApiError,
  apiVersionOf,
  isReason,
  Namespace,
  notFound,
  type Kind,
  type KubeList,
  type KubeObject,
  type ObjectKey,
} from '@kargo/api';
import {
  clone,
  timestamp,
  type Clock,
  type DeleteOptions,
  type ListOptions,
  type Patch,
  type PatchOptions,
  type UserInfo,
  type WatchEvent,
} from '@kargo/kube';
import type { JsonObject } from '../object/json.ts';
import { applyProblem } from '../patch/field-paths.ts';
import { shapeOf } from '../patch/shape.ts';
import type { KindIndex } from './kind-index.ts';
import { appliedObject } from './applied-object.ts';
import { appliedNew, applyFields } from './managed-fields.ts';
import { withoutContentFinalizer } from './namespaces.ts';
import { patched } from './patches.ts';
import type { Reads, RegistryWatchOptions } from './reads.ts';
import { inVersion, storedForm, storedPatch } from './versions.ts';
import { Writes, type WriteContext, type WritesPorts } from './writes.ts';

/** What a patch is written with. */
export type PatchContext = WriteContext & {
  options: PatchOptions;
  /** Called before server-side apply creates an object; fails where the user may not. */
  mayCreate?: (() => Promise<void>) | undefined;
};

/** The REST semantics of Kubernetes over a store: what every client and the wire protocol stand on. */
export class Registry {
  readonly kinds: KindIndex;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #schemaOf: WritesPorts['schemaOf'];
  readonly #clock: Clock;

  constructor(kinds: KindIndex, reads: Reads, ports: WritesPorts) {
    this.kinds = kinds;
    this.#reads = reads;
    this.#writes = new Writes(ports);
    this.#schemaOf = ports.schemaOf;
    this.#clock = ports.clock;
  }

  get(kind: Kind, key: ObjectKey): KubeObject {
    return inVersion(this.#reads.get(this.kinds.served(kind), scoped(kind, key)), this.#version(kind));
  }

  list(kind: Kind, options: ListOptions & { exact?: boolean }): KubeList {
    const version = this.#version(kind);
    const list = this.#reads.list(this.kinds.served(kind), options);
    return { ...list, apiVersion: apiVersionOf(version), items: list.items.map((item) => inVersion(item, version)) };
  }

  /** A list as JSON text. Objects that nobody has asked for since the start are sent as they are stored. */
  listText(kind: Kind, options: ListOptions & { exact?: boolean }, textOf: (object: KubeObject) => string): string {
    const version = this.#version(kind);
    const { metadata, entries } = this.#reads.page(this.kinds.served(kind), options);
    const own = `"apiVersion":"${apiVersionOf(version)}"`;
    const items = entries.map((entry) =>
      entry.text?.includes(own) === true ? entry.text : textOf(inVersion(entry.object, version)),
    );
    const head = JSON.stringify({ apiVersion: apiVersionOf(version), kind: version.listKind, metadata }).slice(0, -1);
    return `${head},"items":[${items.join(',')}]}`;
  }

  watch(kind: Kind, options: RegistryWatchOptions): AsyncGenerator<WatchEvent<KubeObject>, void, undefined> {
    const stored = this.kinds.served(kind);
    const events = this.#reads.watch(stored, options);
    const version = this.#version(kind);
    return version === stored ? events : eventsIn(version, events);
  }

  async create(kind: Kind, object: KubeObject, context: WriteContext): Promise<KubeObject> {
    return inVersion(
      await this.#writes.create(this.kinds.served(kind), this.#stored(kind, object), context),
      this.#version(kind),
    );
  }

  async update(kind: Kind, object: KubeObject, context: WriteContext): Promise<KubeObject> {
    const stored = this.#withSubresource(kind, context);
    return inVersion(await this.#writes.update(stored, this.#stored(kind, object), context), this.#version(kind));
  }

  async patch(kind: Kind, key: ObjectKey, patch: Patch, context: PatchContext): Promise<KubeObject> {
    return (await this.patchOrCreate(kind, key, patch, context)).object;
  }

  /** As {@link patch}; says whether server-side apply created the object. */
  async patchOrCreate(
    kind: Kind,
    key: ObjectKey,
    patch: Patch,
    context: PatchContext,
  ): Promise<{ object: KubeObject; created: boolean }> {
    const stored = this.#withSubresource(kind, context);
    const version = this.#version(kind);
    const own = version === stored ? patch : storedPatch(patch, version, stored);
    if (own.type === 'apply') {
      const { object, created } = await this.#apply(stored, scoped(kind, key), own.body, context);
      return { object: inVersion(object, version), created };
    }
    const build = (existing: KubeObject): KubeObject => patched(stored, existing, own);
    const object = await this.#writes.replace(stored, scoped(kind, key), { build }, context);
    return { object: inVersion(object, version), created: false };
  }

  /** Replaces an object by what `build` makes of its stored state, again after each lost race. */
  rebuild(kind: Kind, key: ObjectKey, build: (existing: KubeObject) => KubeObject, context: WriteContext): Promise<KubeObject> {
    return this.#writes.replace(this.kinds.served(kind), scoped(kind, key), { build }, context);
  }

  /** Declares a namespace empty: it goes once its finalizers are gone too. */
  finalize(namespace: string, user: UserInfo): Promise<KubeObject> {
    return this.#writes.replace(
      this.kinds.served(Namespace),
      { name: namespace },
      { build: withoutContentFinalizer },
      { user, options: {}, subresource: 'finalize' },
    );
  }

  async delete(
    kind: Kind,
    key: ObjectKey,
    options: DeleteOptions,
    user: UserInfo,
  ): Promise<{ object: KubeObject; gone: boolean }> {
    const { object, gone } = await this.#writes.delete(this.kinds.served(kind), scoped(kind, key), options, user);
    return { object: inVersion(object, this.#version(kind)), gone };
  }

  /** The version in which a caller speaks of a kind. */
  #version(kind: Kind): Kind {
    const stored = this.kinds.served(kind);
    return stored.version === kind.version ? stored : this.kinds.servedVersion(kind);
  }

  #stored(kind: Kind, object: KubeObject): KubeObject {
    const stored = this.kinds.served(kind);
    const version = this.#version(kind);
    return version === stored ? object : storedForm(object, version, stored, this.#schemaOf);
  }

  async #apply(
    kind: Kind,
    key: ObjectKey,
    body: KubeObject,
    context: PatchContext,
  ): Promise<{ object: KubeObject; created: boolean }> {
    const applied = appliedObject(kind, key, body, context);
    const known = clone(applied) as KubeObject;
    this.#schemaOf(kind).prune(known as unknown as JsonObject);
    const problem = applyProblem(known, shapeOf(kind));
    if (problem !== undefined)
      throw new ApiError(
        'BadRequest',
        `failed to create typed patch object (${key.namespace === undefined ? '' : `${key.namespace}/`}${key.name}; ${apiVersionOf(kind)}, Kind=${kind.kind}): ${problem}`,
      );
    const { fieldManager = '', force = false } = context.options;
    const writer = {
      manager: fieldManager,
      subresource: context.subresource === 'status' ? context.subresource : undefined,
      now: timestamp(this.#clock.now()),
    };
    const build = (existing: KubeObject): KubeObject => applyFields(kind, existing, { applied, known }, writer, force);
    for (;;) {
      try {
        return { object: await this.#writes.replace(kind, key, { build }, { ...context, applied: true }), created: false };
      } catch (error) {
        if (!isReason(error, 'NotFound') || this.#reads.has(kind, key) || writer.subresource !== undefined) throw error;
      }
      if ((applied.metadata.uid ?? '') !== '' || (applied.metadata.resourceVersion ?? '') !== '') throw notFound(kind, key);
      await context.mayCreate?.();
      try {
        const object = await this.#writes.create(kind, appliedNew(kind, { applied, known }, writer), {
          ...context,
          applied: true,
        });
        return { object, created: true };
      } catch (error) {
        if (!isReason(error, 'AlreadyExists')) throw error;
      }
    }
  }

  #withSubresource(kind: Kind, { subresource }: WriteContext): Kind {
    const served = this.kinds.served(kind);
    if (subresource === 'status' && !served.statusSubresource)
      throw new ApiError(
        'NotFound',
        `the server could not find the requested resource: ${served.plural} have no status subresource`,
      );
    return served;
  }
}

async function* eventsIn(
  version: Kind,
  events: AsyncGenerator<WatchEvent<KubeObject>, void, undefined>,
): AsyncGenerator<WatchEvent<KubeObject>, void, undefined> {
  for await (const event of events)
    yield event.type === 'BOOKMARK' ? event : { ...event, object: inVersion(event.object, version) };
}

/** Keys of cluster-scoped kinds have no namespace. */
function scoped(kind: Kind, key: ObjectKey): ObjectKey {
  return kind.scope === 'Cluster' ? { name: key.name } : key;
}

import { ApiError, isReason, Namespace, notFound, type Kind, type KubeList, type KubeObject, type ObjectKey } from '@kargo/api';
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
import type { KindIndex } from './kind-index.ts';
import { appliedObject } from './applied-object.ts';
import { appliedNew, applyFields } from './managed-fields.ts';
import { withoutContentFinalizer } from './namespaces.ts';
import { patched } from './patches.ts';
import type { Reads, RegistryWatchOptions } from './reads.ts';
import { Writes, type WriteContext, type WritesPorts } from './writes.ts';

/** What a patch is written with. */
export type PatchContext = WriteContext & { options: PatchOptions };

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
    return this.#reads.get(this.kinds.served(kind), scoped(kind, key));
  }

  list(kind: Kind, options: ListOptions & { exact?: boolean }): KubeList {
    return this.#reads.list(this.kinds.served(kind), options);
  }

  watch(kind: Kind, options: RegistryWatchOptions): AsyncGenerator<WatchEvent<KubeObject>, void, undefined> {
    return this.#reads.watch(this.kinds.served(kind), options);
  }

  create(kind: Kind, object: KubeObject, context: WriteContext): Promise<KubeObject> {
    return this.#writes.create(this.kinds.served(kind), object, context);
  }

  update(kind: Kind, object: KubeObject, context: WriteContext): Promise<KubeObject> {
    return this.#writes.update(this.#withSubresource(kind, context), object, context);
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
    const served = this.#withSubresource(kind, context);
    if (patch.type === 'apply') return this.#apply(served, scoped(kind, key), patch.body, context);
    const build = (existing: KubeObject): KubeObject => patched(served, existing, patch);
    return { object: await this.#writes.replace(served, scoped(kind, key), { build }, context), created: false };
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

  delete(kind: Kind, key: ObjectKey, options: DeleteOptions, user: UserInfo): Promise<{ object: KubeObject; gone: boolean }> {
    return this.#writes.delete(this.kinds.served(kind), scoped(kind, key), options, user);
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

/** Keys of cluster-scoped kinds have no namespace. */
function scoped(kind: Kind, key: ObjectKey): ObjectKey {
  return kind.scope === 'Cluster' ? { name: key.name } : key;
}

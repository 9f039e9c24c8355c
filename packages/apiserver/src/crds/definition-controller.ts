import { CustomResourceDefinition, isReason, keyOf, resourceName, type Kind, type KubeObject } from '@kargo/api';
import { clone, equal, type Clock, type Log, type UserInfo } from '@kargo/kube';
import { KeyedRunner } from '../background/keyed-runner.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store } from '../store/store.ts';
import { migrateKind } from '../migration/migrate-stored.ts';
import type { KindSchema } from '../schema/kind-schema.ts';
import { customKinds } from './custom-kind.ts';
import { CLEANUP_FINALIZER, storedVersions } from './establish.ts';

const DEFINITIONS = resourceName(CustomResourceDefinition);
const USER: UserInfo = { username: 'system:apiserver', groups: ['system:masters'] };

/**
 * Serves the kinds that are defined at run time, brings their objects to a new schema or version when a definition changes, and deletes
 * their objects with them. Kinds that the server brings along stay as they are.
 */
export class DefinitionController {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #own: ReadonlySet<string>;
  readonly #runner: KeyedRunner;
  readonly #migrations: KeyedRunner;
  readonly #schemaOf: (kind: Kind) => KindSchema;
  readonly #unsubscribe: () => void;

  constructor(store: Store, registry: Registry, clock: Clock, log: Log, schemaOf: (kind: Kind) => KindSchema) {
    this.#schemaOf = schemaOf;
    this.#store = store;
    this.#registry = registry;
    this.#own = new Set(registry.kinds.all().map(resourceName));
    this.#runner = new KeyedRunner(
      clock,
      (name) => this.#cleanUp(name),
      (name, error) => log.warn({ error, definition: name }, 'deleting the objects of a kind will be tried again'),
    );
    this.#migrations = new KeyedRunner(
      clock,
      (name) => this.#migrate(name, log),
      (name, error) =>
        log.warn({ error, definition: name }, 'bringing objects to the form of their definition will be tried again'),
    );
    for (const { object } of store.list(DEFINITIONS)) this.#observe(object, undefined, false);
    this.#unsubscribe = store.subscribe((events) => {
      for (const { resource, type, object, previous } of events) {
        if (resource === DEFINITIONS) this.#observe(object, previous, type === 'DELETED');
        else if (type === 'DELETED') this.#observeGone(resource);
      }
    });
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await Promise.all([this.#runner.close(), this.#migrations.close()]);
  }

  /** Runs while the write is published: whoever is answered finds the kind served. */
  #observe(definition: KubeObject, previous: KubeObject | undefined, gone: boolean): void {
    const kinds = customKinds(definition);
    if (kinds === undefined) return;
    const { stored, served } = kinds;
    if (!this.#own.has(resourceName(stored))) {
      if (gone) this.#registry.kinds.remove(stored);
      // A change of metadata or status must not have everything made of the kind be made anew.
      else if (previous === undefined || !equal(specOf(previous), specOf(definition))) {
        this.#registry.kinds.add(stored, served);
        this.#migrations.add(definition.metadata.name ?? '');
      }
    }
    if (!gone && definition.metadata.deletionTimestamp !== undefined) this.#runner.add(definition.metadata.name ?? '');
  }

  #observeGone(resource: string): void {
    const definition = this.#store.get(DEFINITIONS, { name: resource });
    if (definition?.metadata.deletionTimestamp !== undefined) this.#runner.add(resource);
  }

  /** What Kubernetes does when objects are read or written, this does once: the store then holds the newest form alone. */
  async #migrate(name: string, log: Log): Promise<void> {
    const definition = this.#store.get(DEFINITIONS, { name });
    const kind = this.#registry.kinds.byResource(name);
    if (definition === undefined || kind === undefined || this.#own.has(name)) return;
    const counts = await migrateKind(this.#store, kind, this.#schemaOf(kind));
    if (counts.changed + counts.refused > 0)
      log.info({ resource: name, ...counts }, 'stored objects were brought to the newest form');
    if (equal(storedVersions(definition), [kind.version])) return;
    const build = (existing: KubeObject): KubeObject => {
      const copy = clone(existing) as KubeObject & { status?: object };
      copy.status = { ...copy.status, storedVersions: [kind.version] };
      return copy;
    };
    await this.#registry
      .rebuild(CustomResourceDefinition, { name }, build, { user: USER, options: {}, subresource: 'status' })
      .catch((error: unknown) => {
        if (!isReason(error, 'NotFound')) throw error;
      });
  }

  async #cleanUp(name: string): Promise<void> {
    const definition = this.#store.get(DEFINITIONS, { name });
    if (definition?.metadata.deletionTimestamp === undefined) return;
    const kind = this.#registry.kinds.byResource(name);
    if (kind !== undefined && !this.#own.has(name))
      for (const { object } of this.#store.list(name))
        if (object.metadata.deletionTimestamp === undefined)
          await this.#registry.delete(kind, keyOf(object), { propagationPolicy: 'Background' }, USER).catch((error: unknown) => {
            if (!isReason(error, 'NotFound')) throw error;
          });
    if (!this.#own.has(name) && this.#store.list(name).length > 0) return;
    const build = (existing: KubeObject): KubeObject => {
      const copy = clone(existing) as KubeObject;
      copy.metadata.finalizers = copy.metadata.finalizers?.filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
      return copy;
    };
    await this.#registry.rebuild(CustomResourceDefinition, { name }, build, { user: USER, options: {} });
  }
}

function specOf(definition: KubeObject): unknown {
  return (definition as KubeObject & { spec?: unknown }).spec;
}

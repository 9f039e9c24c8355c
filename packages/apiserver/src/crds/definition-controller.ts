import { CustomResourceDefinition, isReason, keyOf, resourceName, type KubeObject } from '@kargo/api';
import { clone, type Clock, type Log, type UserInfo } from '@kargo/kube';
import { KeyedRunner } from '../background/keyed-runner.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store } from '../store/store.ts';
import { customKind } from './custom-kind.ts';
import { CLEANUP_FINALIZER } from './establish.ts';

const DEFINITIONS = resourceName(CustomResourceDefinition);
const USER: UserInfo = { username: 'system:apiserver', groups: ['system:masters'] };

/** Serves the kinds that are defined at run time, and deletes their objects with them. Kinds that the server brings along stay as they are. */
export class DefinitionController {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #own: ReadonlySet<string>;
  readonly #runner: KeyedRunner;
  readonly #unsubscribe: () => void;

  constructor(store: Store, registry: Registry, clock: Clock, log: Log) {
    this.#store = store;
    this.#registry = registry;
    this.#own = new Set(registry.kinds.all().map(resourceName));
    this.#runner = new KeyedRunner(
      clock,
      (name) => this.#cleanUp(name),
      (name, error) => log.warn({ error, definition: name }, 'deleting the objects of a kind will be tried again'),
    );
    for (const { object } of store.list(DEFINITIONS)) this.#observe(object, false);
    this.#unsubscribe = store.subscribe((events) => {
      for (const { resource, type, object } of events) {
        if (resource === DEFINITIONS) this.#observe(object, type === 'DELETED');
        else if (type === 'DELETED') this.#observeGone(resource);
      }
    });
  }

  close(): Promise<void> {
    this.#unsubscribe();
    return this.#runner.close();
  }

  /** Runs while the write is published: whoever is answered finds the kind served. */
  #observe(definition: KubeObject, gone: boolean): void {
    const kind = customKind(definition);
    if (kind === undefined) return;
    if (!this.#own.has(resourceName(kind))) {
      if (gone) this.#registry.kinds.remove(kind);
      else this.#registry.kinds.add(kind);
    }
    if (!gone && definition.metadata.deletionTimestamp !== undefined) this.#runner.add(definition.metadata.name ?? '');
  }

  #observeGone(resource: string): void {
    const definition = this.#store.get(DEFINITIONS, { name: resource });
    if (definition?.metadata.deletionTimestamp !== undefined) this.#runner.add(resource);
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

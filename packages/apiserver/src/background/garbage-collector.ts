import { isReason, type Kind, type KubeObject, type OwnerReference } from '@kargo/api';
import { clone, type Clock, type Log, type UserInfo } from '@kargo/kube';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from '../registry/deletion.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store, StoredEvent } from '../store/store.ts';
import { KeyedRunner } from './keyed-runner.ts';
import { nodeText, OwnerGraph, parseNode, type Node } from './owner-graph.ts';

const USER: UserInfo = {
  username: 'system:serviceaccount:kube-system:generic-garbage-collector',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated', 'system:masters'],
};

/**
 * Deletes objects whose owners are all gone, and carries out foreground deletion and orphaning. An owner is gone when no object of its
 * kind and name, in the dependent's namespace or without one, has the uid of the reference. References to kinds that are not served hold.
 */
export class GarbageCollector {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #graph = new OwnerGraph();
  readonly #runner: KeyedRunner;
  readonly #unsubscribe: () => void;

  constructor(store: Store, registry: Registry, clock: Clock, log: Log) {
    this.#store = store;
    this.#registry = registry;
    this.#runner = new KeyedRunner(
      clock,
      (key) => this.#handle(parseNode(key)),
      (key, error) => log.warn({ error, object: key }, 'garbage collection will be tried again'),
    );
    for (const resource of store.resources())
      for (const entry of store.list(resource))
        // Most objects have no owners and are not being deleted: they need not even be read.
        if (entry.text === undefined || entry.text.includes('"ownerReferences"') || entry.text.includes('"deletionTimestamp"'))
          this.#observe({ resource, type: 'ADDED', object: entry.object, previous: undefined });
    this.#unsubscribe = store.subscribe((events) => {
      for (const event of events) this.#observe(event);
    });
  }

  close(): Promise<void> {
    this.#unsubscribe();
    return this.#runner.close();
  }

  #observe({ resource, type, object, previous }: Omit<StoredEvent, 'revision'>): void {
    this.#graph.apply(resource, type === 'DELETED' ? undefined : object, previous);
    const owned = (object.metadata.ownerReferences?.length ?? 0) > 0;
    if (type !== 'DELETED') {
      if (owned || needsWork(object)) this.#runner.add(nodeText(resource, object));
      return;
    }
    for (const dependent of this.#graph.dependentsOf(object.metadata.uid ?? '')) this.#enqueue(dependent);
    // An owner in foreground deletion may have waited for this one.
    for (const reference of object.metadata.ownerReferences ?? []) {
      const owner = this.#owner(reference, object);
      if (owner.kind === 'found' && needsWork(owner.object)) this.#runner.add(nodeText(owner.resource, owner.object));
    }
  }

  #enqueue({ resource, key }: Node): void {
    const object = this.#store.get(resource, key);
    if (object !== undefined) this.#runner.add(nodeText(resource, object));
  }

  async #handle({ resource, key }: Node): Promise<void> {
    const kind = this.#registry.kinds.byResource(resource);
    const object = this.#store.get(resource, key);
    if (kind === undefined || object === undefined) return;
    try {
      await this.#collect(kind, object);
      const current = this.#store.get(resource, key);
      if (current !== undefined && needsWork(current)) await this.#finishOwner(kind, current);
    } catch (error) {
      // Gone or replaced meanwhile: its own event brings it here again.
      if (!isReason(error, 'NotFound', 'Conflict')) throw error;
    }
  }

  /** Deletes a dependent that nothing holds any more, or makes it forget the owners that are gone. */
  async #collect(kind: Kind, object: KubeObject): Promise<void> {
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const states = references.map((reference) => ({ reference, state: this.#state(reference, object) }));
    const unneeded = states.filter(({ state }) => state !== 'solid').map(({ reference }) => reference.uid);
    if (unneeded.length === 0) return;
    if (unneeded.length < references.length) return this.#forget(kind, object, unneeded);
    if (object.metadata.deletionTimestamp !== undefined && !states.some(({ state }) => state === 'waiting')) return;
    const waiting =
      states.some(({ state }) => state === 'waiting') && this.#graph.dependentsOf(object.metadata.uid ?? '').length > 0;
    const finalizers = object.metadata.finalizers ?? [];
    const propagationPolicy = finalizers.includes(ORPHAN_FINALIZER)
      ? 'Orphan'
      : waiting || finalizers.includes(FOREGROUND_FINALIZER)
        ? 'Foreground'
        : 'Background';
    await this.#registry.delete(kind, keyIn(object), { propagationPolicy, preconditions: { uid: object.metadata.uid } }, USER);
  }

  #state(reference: OwnerReference, dependent: KubeObject): 'solid' | 'dangling' | 'waiting' {
    const owner = this.#owner(reference, dependent);
    if (owner.kind === 'unknown') return 'solid';
    if (owner.kind !== 'found') return 'dangling';
    const foreground =
      owner.object.metadata.deletionTimestamp !== undefined &&
      owner.object.metadata.finalizers?.includes(FOREGROUND_FINALIZER) === true;
    return foreground ? 'waiting' : 'solid';
  }

  #owner(
    reference: OwnerReference,
    dependent: KubeObject,
  ): { kind: 'found'; resource: string; object: KubeObject } | { kind: 'gone' | 'unknown' } {
    const kind = this.#registry.kinds.byGroupKind(reference.apiVersion, reference.kind);
    if (kind === undefined) return { kind: 'unknown' };
    const resource = this.#registry.kinds.resourceOf(kind);
    const namespace = kind.scope === 'Namespaced' ? dependent.metadata.namespace : undefined;
    const object = this.#store.get(resource, { namespace, name: reference.name });
    return object?.metadata.uid === reference.uid && object !== undefined
      ? { kind: 'found', resource, object }
      : { kind: 'gone' };
  }

  /** Lets an owner go once its dependents are gone (foreground) or have forgotten it (orphan). */
  async #finishOwner(kind: Kind, owner: KubeObject): Promise<void> {
    const uid = owner.metadata.uid ?? '';
    const dependents = this.#graph.dependentsOf(uid);
    if (owner.metadata.finalizers?.includes(ORPHAN_FINALIZER) === true) {
      for (const { resource, key } of dependents) {
        const dependentKind = this.#registry.kinds.byResource(resource);
        const dependent = this.#store.get(resource, key);
        if (dependentKind !== undefined && dependent !== undefined) await this.#forget(dependentKind, dependent, [uid]);
      }
      return this.#removeFinalizer(kind, owner, ORPHAN_FINALIZER);
    }
    const blocking = dependents.filter(({ resource, key }) =>
      this.#store
        .get(resource, key)
        ?.metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true),
    );
    if (blocking.length === 0) return this.#removeFinalizer(kind, owner, FOREGROUND_FINALIZER);
    for (const dependent of dependents) this.#enqueue(dependent);
  }

  async #forget(kind: Kind, object: KubeObject, uids: readonly string[]): Promise<void> {
    const without = (current: KubeObject): KubeObject => {
      const copy = clone(current) as KubeObject;
      copy.metadata.ownerReferences = copy.metadata.ownerReferences?.filter(({ uid }) => !uids.includes(uid));
      if (copy.metadata.ownerReferences?.length === 0) delete copy.metadata.ownerReferences;
      return copy;
    };
    await this.#registry.rebuild(kind, keyIn(object), without, { user: USER, options: {} });
  }

  async #removeFinalizer(kind: Kind, object: KubeObject, finalizer: string): Promise<void> {
    const without = (current: KubeObject): KubeObject => {
      const copy = clone(current) as KubeObject;
      copy.metadata.finalizers = copy.metadata.finalizers?.filter((name) => name !== finalizer);
      return copy;
    };
    await this.#registry.rebuild(kind, keyIn(object), without, { user: USER, options: {} });
  }
}

function needsWork({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers?.some((finalizer) => finalizer === FOREGROUND_FINALIZER || finalizer === ORPHAN_FINALIZER) ?? false)
  );
}

function keyIn({ metadata }: KubeObject): { namespace: string | undefined; name: string } {
  return { namespace: metadata.namespace, name: metadata.name ?? '' };
}

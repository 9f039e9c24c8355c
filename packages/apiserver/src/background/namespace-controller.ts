import { isReason, keyOf, Namespace, type KubeObject } from '@kargo/api';
import { clone, timestamp, type Clock, type Log, type UserInfo } from '@kargo/kube';
import { NAMESPACES } from '../registry/namespaces.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store, StoredEvent } from '../store/store.ts';
import { remainingConditions } from './namespace-conditions.ts';
import { KeyedRunner } from './keyed-runner.ts';

const USER: UserInfo = {
  username: 'system:serviceaccount:kube-system:namespace-controller',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated', 'system:masters'],
};

/** Empties namespaces that are being deleted and lets them go when nothing is left in them. */
export class NamespaceController {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #runner: KeyedRunner;
  readonly #unsubscribe: () => void;

  constructor(store: Store, registry: Registry, clock: Clock, log: Log) {
    this.#store = store;
    this.#registry = registry;
    this.#clock = clock;
    this.#runner = new KeyedRunner(
      clock,
      (name) => this.#empty(name),
      (name, error) => log.warn({ error, namespace: name }, 'emptying a namespace will be tried again'),
    );
    for (const { object } of store.list(NAMESPACES)) this.#observe({ resource: NAMESPACES, type: 'ADDED', object });
    this.#unsubscribe = store.subscribe((events) => {
      for (const event of events) this.#observe(event);
    });
  }

  close(): Promise<void> {
    this.#unsubscribe();
    return this.#runner.close();
  }

  #observe({ resource, type, object }: Pick<StoredEvent, 'resource' | 'type' | 'object'>): void {
    if (resource === NAMESPACES) {
      if (type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined) this.#runner.add(object.metadata.name ?? '');
    } else if (type === 'DELETED' && object.metadata.namespace !== undefined) {
      const namespace = this.#store.get(NAMESPACES, { name: object.metadata.namespace });
      if (namespace?.metadata.deletionTimestamp !== undefined) this.#runner.add(object.metadata.namespace);
    }
  }

  async #empty(name: string): Promise<void> {
    const namespace = this.#store.get(NAMESPACES, { name }) as Namespace | undefined;
    if (namespace?.metadata.deletionTimestamp === undefined || (namespace.spec?.finalizers?.length ?? 0) === 0) return;
    const refusals: unknown[] = [];
    for (const object of this.#content(name))
      if (object.metadata.deletionTimestamp === undefined) await this.#delete(object, refusals);
    // What is left is held by finalizers, and comes back here when it goes.
    const left = this.#content(name);
    if (left.length === 0) await this.#registry.finalize(name, USER);
    else await this.#tell(name, left);
    if (refusals.length > 0)
      throw new Error(`${refusals.length} objects of namespace ${name} may not be deleted yet`, { cause: refusals[0] });
  }

  #content(namespace: string): readonly KubeObject[] {
    return this.#store
      .resources()
      .filter((resource) => resource !== NAMESPACES)
      .flatMap((resource) => this.#store.list(resource, { namespace }).map(({ object }) => object));
  }

  /** Says in the status what keeps the namespace. */
  async #tell(name: string, left: readonly KubeObject[]): Promise<void> {
    const build = (existing: KubeObject): KubeObject => {
      const namespace = clone(existing) as Namespace & { status?: { conditions?: unknown } };
      namespace.status = {
        ...namespace.status,
        conditions: remainingConditions(left, namespace.status?.conditions, timestamp(this.#clock.now())),
      };
      return namespace;
    };
    await this.#registry.rebuild(Namespace, { name }, build, { user: USER, options: {}, subresource: 'status' });
  }

  async #delete(object: KubeObject, refusals: unknown[]): Promise<void> {
    const kind = this.#registry.kinds.byGroupKind(object.apiVersion, object.kind);
    if (kind === undefined) return;
    try {
      await this.#registry.delete(kind, keyOf(object), { propagationPolicy: 'Background' }, USER);
    } catch (error) {
      // One object that may not go must not keep the others.
      if (!isReason(error, 'NotFound')) refusals.push(error);
    }
  }
}

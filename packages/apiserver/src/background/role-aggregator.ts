import { ClusterRole, isReason, resourceName, type KubeObject, type PolicyRule } from '@kargo/api';
import { labelSelectorFrom, type LabelSelectorObject } from '@kargo/gocompat';
import { clone, equal, type Clock, type Log, type UserInfo } from '@kargo/kube';
import { isObject } from '../object/json.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store } from '../store/store.ts';
import { KeyedRunner } from './keyed-runner.ts';

const USER: UserInfo = {
  username: 'system:serviceaccount:kube-system:clusterrole-aggregation-controller',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated', 'system:masters'],
};
const CLUSTER_ROLES = resourceName(ClusterRole);

/** Keeps the rules of aggregated ClusterRoles the union of the rules of those they select. */
export class RoleAggregator {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #runner: KeyedRunner;
  readonly #unsubscribe: () => void;

  constructor(store: Store, registry: Registry, clock: Clock, log: Log) {
    this.#store = store;
    this.#registry = registry;
    this.#runner = new KeyedRunner(
      clock,
      (name) => this.#aggregate(name),
      (name, error) => log.warn({ error, clusterRole: name }, 'aggregating a ClusterRole will be tried again'),
    );
    this.#addAll();
    this.#unsubscribe = store.subscribe((events) => {
      if (events.some(({ resource }) => resource === CLUSTER_ROLES)) this.#addAll();
    });
  }

  close(): Promise<void> {
    this.#unsubscribe();
    return this.#runner.close();
  }

  #addAll(): void {
    for (const { object } of this.#store.list(CLUSTER_ROLES))
      if (selectorsOf(object).length > 0) this.#runner.add(object.metadata.name ?? '');
  }

  async #aggregate(name: string): Promise<void> {
    const stored = this.#store.get(CLUSTER_ROLES, { name }) as ClusterRole | undefined;
    if (stored === undefined) return;
    const selectors = selectorsOf(stored).map((selector) => labelSelectorFrom(selector));
    const rules: PolicyRule[] = [];
    for (const { object } of this.#store.list(CLUSTER_ROLES)) {
      if (object.metadata.name === name || !selectors.some((selector) => selector.matches(object.metadata.labels))) continue;
      for (const rule of (object as ClusterRole).rules ?? []) if (!rules.some((other) => equal(other, rule))) rules.push(rule);
    }
    if (equal(rules, stored.rules ?? [])) return;
    const build = (existing: KubeObject): KubeObject => {
      const copy = clone(existing) as ClusterRole;
      copy.rules = clone(rules) as PolicyRule[];
      return copy;
    };
    try {
      await this.#registry.rebuild(ClusterRole, { name }, build, { user: USER, options: {} });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
}

function selectorsOf(object: KubeObject): LabelSelectorObject[] {
  const { aggregationRule } = object as ClusterRole;
  const selectors: unknown = isObject(aggregationRule) ? aggregationRule['clusterRoleSelectors'] : undefined;
  return Array.isArray(selectors) ? selectors.filter(isObject) : [];
}

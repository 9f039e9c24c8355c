import {
  ClusterRole,
  ClusterRoleBinding,
  keyOf,
  keyText,
  resourceName,
  Role,
  RoleBinding,
  type KubeObject,
  type PolicyRule,
  type RoleRef,
  type Subject,
} from '@kargo/api';
import type { UserInfo } from '@kargo/kube';
import type { Store } from '../store/store.ts';
import { serviceAccountName } from './service-account-user.ts';

/** Rules that a user has, and through what. */
export interface Grant {
  rules: readonly PolicyRule[];
  /** For people: which binding, role and subject. */
  through: string;
}

interface Binding {
  object: RoleBinding | ClusterRoleBinding;
  /** Absent: everywhere. */
  namespace: string | undefined;
}

const ROLES = resourceName(Role);
const CLUSTER_ROLES = resourceName(ClusterRole);
const BINDINGS: ReadonlySet<string> = new Set([resourceName(RoleBinding), resourceName(ClusterRoleBinding)]);

/** What every authenticated user may do: find out what there is, who they are, and what they may do. */
const EVERYBODY: Grant = {
  rules: [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
    {
      verbs: ['get'],
      nonResourceURLs: ['/', '/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', '/version', '/version/'],
    },
  ],
  through: 'what every authenticated user may do',
};

/**
 * Who has which rules, kept up to date with the store: bindings are filed by subject, so that a decision looks only at what concerns its
 * user.
 */
export class Grants {
  readonly #store: Store;
  readonly #bySubject = new Map<string, Map<string, Binding>>();
  readonly #unsubscribe: () => void;

  constructor(store: Store) {
    this.#store = store;
    for (const resource of BINDINGS) for (const { object } of store.list(resource)) this.#file(resource, object, true);
    this.#unsubscribe = store.subscribe((events) => {
      for (const { resource, type, object, previous } of events) {
        if (!BINDINGS.has(resource)) continue;
        if (previous !== undefined) this.#file(resource, previous, false);
        if (type !== 'DELETED') this.#file(resource, object, true);
      }
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  /** Grants that hold in `namespace`, or those that hold everywhere when it is undefined. */
  *of(user: UserInfo, namespace: string | undefined): Generator<Grant> {
    if (user.groups?.includes('system:authenticated') === true) yield EVERYBODY;
    for (const subject of subjectsOf(user))
      for (const { object, namespace: within } of this.#bySubject.get(subject)?.values() ?? []) {
        if (within !== undefined && within !== namespace) continue;
        const rules = this.rulesOf(object.roleRef, within);
        if (rules === undefined) continue;
        const name = within === undefined ? (object.metadata.name ?? '') : `${object.metadata.name}/${within}`;
        yield { rules, through: `${object.kind} "${name}" of ${object.roleRef.kind} "${object.roleRef.name}" to ${subject}` };
      }
  }

  /** The rules of a role; undefined when there is no such role. */
  rulesOf({ kind, name }: Pick<RoleRef, 'kind' | 'name'>, namespace: string | undefined): readonly PolicyRule[] | undefined {
    const object = kind === Role.kind ? this.#store.get(ROLES, { namespace, name }) : this.#store.get(CLUSTER_ROLES, { name });
    return object === undefined ? undefined : ((object as Role).rules ?? []);
  }

  #file(resource: string, object: KubeObject, present: boolean): void {
    const binding: Binding = { object: object as Binding['object'], namespace: object.metadata.namespace };
    const id = `${resource}\0${keyText(keyOf(object))}`;
    for (const subject of binding.object.subjects ?? []) {
      const text = subjectText(subject, binding.namespace);
      const filed = this.#bySubject.get(text) ?? new Map<string, Binding>();
      if (present) filed.set(id, binding);
      else filed.delete(id);
      if (filed.size === 0) this.#bySubject.delete(text);
      else this.#bySubject.set(text, filed);
    }
  }
}

function subjectText({ kind, name, namespace }: Subject, bindingNamespace: string | undefined): string {
  if (kind !== 'ServiceAccount') return `${kind} "${name}"`;
  return `User "${serviceAccountName({ namespace: namespace ?? bindingNamespace ?? '', name })}"`;
}

/** As whom a user can be bound. A ServiceAccount can be bound as such or by its username. */
function* subjectsOf({ username, groups = [] }: UserInfo): Generator<string> {
  yield `User "${username}"`;
  for (const group of new Set(groups)) yield `Group "${group}"`;
}

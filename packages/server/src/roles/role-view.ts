import {
  annotations,
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  type ServiceAccount,
  type KubeObject,
  type ObjectMeta,
  type PolicyRule,
  type RoleRef,
} from '@kargo/api';
import type { Reader } from '@kargo/kube';
import { claimsOf } from '../access/claims.ts';
import { findOne } from '../objects.ts';
import { normalRules } from './rules.ts';

/** `apiVersion` of Kargo's roles, which are stored as ServiceAccounts, Roles and bindings. */
const ROLE_VERSION = 'rbac.kargo.akuity.io/v1alpha1';

/** A role of Kargo: who has it and what it allows. */
export interface KargoRole {
  apiVersion: string;
  kind: 'Role';
  metadata: ObjectMeta;
  kargoManaged: boolean;
  claims: { name: string; values: string[] }[];
  rules: PolicyRule[];
}

/** A role as the objects it is made of. */
export interface RoleResources {
  metadata: ObjectMeta;
  serviceAccount: ServiceAccount;
  roles: Role[];
  clusterRoles: ClusterRole[];
  roleBindings: RoleBinding[];
  /** Bindings that hold everywhere; the description of the API has no place for them. */
  clusterRoleBindings?: ClusterRoleBinding[];
}

/** Whether an object is part of a role that Kargo manages. */
export function isManaged({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[annotations.rbacManaged] === 'true';
}

/** The objects of the role that a ServiceAccount stands for. */
export async function resourcesOf(account: ServiceAccount, reader: Reader): Promise<RoleResources> {
  const { namespace = '', name = '', creationTimestamp } = account.metadata;
  const binds = ({ subjects }: RoleBinding | ClusterRoleBinding, within: string | undefined): boolean =>
    subjects?.some(
      (subject) => subject.kind === 'ServiceAccount' && subject.name === name && (subject.namespace ?? within) === namespace,
    ) === true;
  const [bindings, everywhere] = await Promise.all([
    reader.list(RoleBinding, { namespace }),
    reader.list(ClusterRoleBinding).catch(() => ({ items: [] })),
  ]);
  const roleBindings = bindings.items.filter((each) => binds(each, namespace));
  const clusterRoleBindings = everywhere.items.filter((each) => binds(each, undefined));
  const refs = [...roleBindings, ...clusterRoleBindings].map(({ roleRef }) => roleRef);
  const roles = await found(refs, Role.kind, (ref) => findOne(reader, Role, { namespace, name: ref.name }));
  const clusterRoles = await found(refs, ClusterRole.kind, (ref) => findOne(reader, ClusterRole, { name: ref.name }));
  return {
    metadata: { namespace, name, creationTimestamp },
    serviceAccount: account,
    roles,
    clusterRoles,
    roleBindings,
    ...(clusterRoleBindings.length === 0 ? {} : { clusterRoleBindings }),
  };
}

async function found<T>(refs: readonly RoleRef[], kind: string, find: (ref: RoleRef) => Promise<T | undefined>): Promise<T[]> {
  const byName = new Map(refs.filter((ref) => ref.kind === kind).map((ref) => [ref.name, ref]));
  const all = await Promise.all([...byName.values()].map(find));
  return all.filter((each) => each !== undefined);
}

/** The role that the objects make together. */
export function roleOf({ metadata, serviceAccount, roles, clusterRoles, roleBindings }: RoleResources): KargoRole {
  const { creationTimestamp, annotations: notes = {} } = serviceAccount.metadata;
  const description = notes[annotations.description];
  const managed =
    isManaged(serviceAccount) &&
    roles.length <= 1 &&
    roleBindings.length <= 1 &&
    roles.every(isManaged) &&
    roleBindings.every(isManaged);
  return {
    apiVersion: ROLE_VERSION,
    kind: 'Role',
    metadata: {
      namespace: metadata.namespace,
      name: metadata.name,
      creationTimestamp,
      ...(description === undefined ? {} : { annotations: { [annotations.description]: description } }),
    },
    kargoManaged: managed,
    claims: Object.entries(claimsOf(serviceAccount.metadata))
      .map(([name, values]) => ({ name, values: values.toSorted() }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    rules: normalRules([...roles, ...clusterRoles].flatMap(({ rules = [] }) => rules)),
  };
}

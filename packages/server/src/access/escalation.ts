import {
  annotations,
  ApiError,
  CLAIM_ANNOTATION_PREFIX,
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  ServiceAccount,
  type KubeObject,
  type PolicyRule,
  type RoleRef,
  type Subject,
} from '@kargo/api';
import type { AccessAttributes, Reader } from '@kargo/kube';
import type { Identity } from '../auth/identity.ts';
import { findOne } from '../objects.ts';
import type { Access } from './access.ts';

export interface EscalationPorts {
  access: Access;
  /** Reads roles and bindings with the rights of the server. */
  reader: Reader;
}

/** Rules together with the namespace they hold in; absent: everywhere. */
interface Conferred {
  rules: readonly PolicyRule[];
  namespace: string | undefined;
}

/**
 * Nobody gives away what they do not have: writing a role, a binding, or a ServiceAccount that stands for people takes every permission
 * that it confers. Fails with `Forbidden`. Other objects confer nothing.
 */
export async function requireHeld(identity: Identity, object: KubeObject, ports: EscalationPorts): Promise<void> {
  if (identity.kind === 'admin' || identity.kind === 'local') return;
  for (const { rules, namespace } of await conferredBy(object, ports.reader))
    await requireRules(identity, rules, namespace, ports.access);
}

/** Fails with `Forbidden` unless the identity may do everything that a ServiceAccount may do. */
export async function requireHeldByAccount(
  identity: Identity,
  account: { namespace: string; name: string },
  { access, reader }: EscalationPorts,
): Promise<void> {
  if (identity.kind === 'admin' || identity.kind === 'local') return;
  for (const { rules, namespace } of await conferredByAccount(account, reader))
    await requireRules(identity, rules, namespace, access);
}

/** Fails with `Forbidden` unless the identity holds every permission of the rules there. */
export async function requireRules(
  identity: Identity,
  rules: readonly PolicyRule[],
  namespace: string | undefined,
  access: Access,
): Promise<void> {
  if (identity.kind === 'admin' || identity.kind === 'local') return;
  for (const attributes of permissionsIn(rules, namespace)) {
    if ((await access.decide(identity, attributes)).allowed) continue;
    const { verb, group, resource, subresource, name, path } = attributes;
    const full = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
    const what = path === undefined ? `resource ${full}${name === undefined ? '' : ` "${name}"`}` : `path ${path}`;
    throw new ApiError('Forbidden', `requester may not grant permissions it does not hold: verb ${verb} on ${what}`);
  }
}

async function conferredBy(object: KubeObject, reader: Reader): Promise<Conferred[]> {
  const { namespace, name = '' } = object.metadata;
  switch (object.kind) {
    case Role.kind:
      return [{ rules: (object as Role).rules ?? [], namespace }];
    case ClusterRole.kind: {
      const { rules = [], aggregationRule } = object as ClusterRole;
      return [{ rules: aggregationRule === undefined ? rules : EVERYTHING, namespace: undefined }];
    }
    case RoleBinding.kind:
    case ClusterRoleBinding.kind:
      return [{ rules: await rulesOf((object as RoleBinding).roleRef, namespace, reader), namespace }];
    case ServiceAccount.kind:
      return standsForPeople(object) ? conferredByAccount({ namespace: namespace ?? '', name }, reader) : [];
    default:
      return [];
  }
}

const EVERYTHING: readonly PolicyRule[] = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];

/** Whether claims lead to the ServiceAccount. */
export function standsForPeople({ metadata }: KubeObject): boolean {
  return Object.keys(metadata.annotations ?? {}).some(
    (name) => name === annotations.rbacClaims || name.startsWith(CLAIM_ANNOTATION_PREFIX),
  );
}

/** Everything that is bound to a ServiceAccount, wherever. */
async function conferredByAccount(account: { namespace: string; name: string }, reader: Reader): Promise<Conferred[]> {
  const out: Conferred[] = [];
  for (const kind of [RoleBinding, ClusterRoleBinding])
    for (const { metadata, roleRef, subjects } of (await reader.list(kind)).items) {
      const { namespace } = metadata;
      if (subjects?.some((subject) => isAccount(subject, namespace, account)) !== true) continue;
      out.push({ rules: await rulesOf(roleRef, namespace, reader), namespace });
    }
  return out;
}

function isAccount(
  subject: Subject,
  within: string | undefined,
  { namespace, name }: { namespace: string; name: string },
): boolean {
  if (subject.kind === 'ServiceAccount') return subject.name === name && (subject.namespace ?? within) === namespace;
  if (subject.kind === 'User') return subject.name === `system:serviceaccount:${namespace}:${name}`;
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`].includes(subject.name);
}

/** Rules of a role that may not be there: it confers nothing yet, and will be looked at when it is made. */
async function rulesOf(ref: RoleRef | undefined, namespace: string | undefined, reader: Reader): Promise<readonly PolicyRule[]> {
  const { kind, name = '' } = ref ?? {};
  const found =
    kind === Role.kind ? await findOne(reader, Role, { namespace, name }) : await findOne(reader, ClusterRole, { name });
  // A binding to a role that does not exist yet would give whatever somebody else puts there later.
  return found === undefined ? EVERYTHING : (found.rules ?? []);
}

function* permissionsIn(rules: readonly PolicyRule[], namespace: string | undefined): Generator<AccessAttributes> {
  for (const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } of rules) {
    const names = resourceNames.length === 0 ? [undefined] : resourceNames;
    for (const verb of verbs) {
      for (const path of nonResourceURLs) yield { verb, path, group: '', resource: '' };
      for (const group of apiGroups)
        for (const text of resources)
          for (const name of names) {
            const [resource = '', subresource] = text.split('/');
            yield { verb, group, resource, subresource, namespace, name };
          }
    }
  }
}

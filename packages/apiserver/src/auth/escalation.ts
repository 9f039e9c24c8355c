import {
  type ApiError,
  ClusterRole,
  ClusterRoleBinding,
  forbidden,
  notFound,
  Role,
  RoleBinding,
  type Kind,
  type KubeObject,
  type PolicyRule,
} from '@kargo/api';
import { equal, type AdmissionRequest, type AdmissionRules, type UserInfo } from '@kargo/kube';
import type { Grants } from './grants.ts';
import { ruleText, uncovered } from './policy-rules.ts';
import type { RuleAuthorizer } from './rbac-authorizer.ts';
import { bindingErrors, roleErrors } from './rbac-objects.ts';

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

const SHOWN_RULES = 20;

/**
 * Nobody gives away what they do not have: writing a role takes all its rules, or the verb `escalate` on it; binding a role takes all its
 * rules, or the verb `bind` on it.
 */
export function escalationRules(authorizer: RuleAuthorizer, grants: Grants): readonly AdmissionRules[] {
  const mustHold = (request: AdmissionRequest, wanted: readonly PolicyRule[]): void => {
    const { user, kind, key } = request;
    const missing = uncovered(authorizer.rulesFor(user, key.namespace), wanted);
    if (missing.length > 0) throw escalation(kind, key, user, missing);
  };
  const may = async (verb: string, { user }: AdmissionRequest, kind: Kind, key: KubeObject['metadata']): Promise<boolean> => {
    const { group, plural } = kind;
    const { namespace, name } = key;
    return (await authorizer.authorize(user, { verb, group, resource: plural, namespace, name })).allowed;
  };
  const onRole = async (request: AdmissionRequest): Promise<[]> => {
    if (roleErrors(request.object).length > 0) return [];
    const { rules = [] } = request.object as AnyRole;
    const aggregates = (request.object as ClusterRole).aggregationRule !== undefined;
    if (unchanged(request, ['rules', 'aggregationRule'])) return [];
    if (await may('escalate', request, request.kind, request.object.metadata)) return [];
    // What an aggregated role will allow is not known yet: it may become anything.
    mustHold(request, aggregates ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, ...rules] : rules);
    return [];
  };
  const onBinding = async (request: AdmissionRequest): Promise<[]> => {
    if (bindingErrors(request.object, request.old).length > 0) return [];
    const { roleRef } = request.object as AnyBinding;
    if (unchanged(request, ['roleRef', 'subjects'])) return [];
    const kind: Kind = roleRef.kind === Role.kind ? (Role as unknown as Kind) : (ClusterRole as unknown as Kind);
    const namespace = request.key.namespace;
    const bound = { namespace, name: roleRef.name };
    if (await may('bind', request, kind, bound)) return [];
    const rules = grants.rulesOf(roleRef, namespace);
    if (rules === undefined) throw notFound(kind, { name: roleRef.name });
    mustHold(request, rules);
    return [];
  };
  const operations = ['CREATE', 'UPDATE'] as const;
  const rulesOf = (kind: unknown, validate: (request: AdmissionRequest) => Promise<[]>): AdmissionRules => ({
    kind: kind as Kind,
    operations,
    validate,
  });
  return [
    rulesOf(Role, onRole),
    rulesOf(ClusterRole, onRole),
    rulesOf(RoleBinding, onBinding),
    rulesOf(ClusterRoleBinding, onBinding),
  ];
}

/** Whether an update leaves alone what gives rights. */
function unchanged({ object, old }: AdmissionRequest, fields: readonly string[]): boolean {
  const at = (holder: KubeObject | undefined, field: string): unknown => (holder as Record<string, unknown> | undefined)?.[field];
  return old !== undefined && fields.every((field) => equal(at(object, field), at(old, field)));
}

function escalation(kind: Kind, key: { name: string }, user: UserInfo, missing: readonly PolicyRule[]): ApiError {
  const shown = missing.slice(0, SHOWN_RULES).map(ruleText);
  if (missing.length > SHOWN_RULES) shown.push(`and ${missing.length - SHOWN_RULES} more`);
  const groups = (user.groups ?? []).map((group) => JSON.stringify(group)).join(' ');
  return forbidden(
    kind,
    key,
    `user "${user.username}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${shown.join('\n')}`,
  );
}

import type { PolicyRule } from '@kargo/api';
import type { AccessAttributes, Authorizer, UserInfo } from '@kargo/kube';
import type { Grants } from './grants.ts';
import { ruleAllows } from './policy-rules.ts';

/** Members may do everything, whatever roles say. */
export const MASTERS = 'system:masters';

/** An authorizer that can also say what a user may do. */
export interface RuleAuthorizer extends Authorizer {
  /** Everything a user may do in a namespace, or everywhere when it is undefined. */
  rulesFor(user: UserInfo, namespace: string | undefined): readonly PolicyRule[];
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Decides by the Roles, ClusterRoles and bindings of the store, as Kubernetes does. Who is given nothing may do nothing. */
export function rbacAuthorizer(grants: Grants): RuleAuthorizer {
  const isMaster = (user: UserInfo): boolean => user.groups?.includes(MASTERS) === true;
  const decide = (user: UserInfo, attributes: AccessAttributes): { allowed: boolean; reason?: string } => {
    if (isMaster(user)) return { allowed: true };
    for (const { rules, through } of grants.of(user, attributes.namespace))
      if (rules.some((rule) => ruleAllows(rule, attributes))) return { allowed: true, reason: `RBAC: allowed by ${through}` };
    return { allowed: false };
  };
  return {
    authorize: (user, attributes) => Promise.resolve(decide(user, attributes)),
    rulesFor: (user, namespace) =>
      isMaster(user) ? EVERYTHING : [...grants.of(user, namespace)].flatMap(({ rules }) => [...rules]),
  };
}

import { ClusterRole, ClusterRoleBinding, Role, RoleBinding, type PolicyRule, type RoleRef } from '@kargo/api';
import type { AccessAttributes, Reader, UserInfo } from '@kargo/kube';
import { findOne } from '../objects.ts';
import { normalRules } from '../roles/rules.ts';

/** A rule of some role that bears on a question, and how the subject comes by it. */
export interface RelevantRule {
  binding: { kind: string; namespace?: string | undefined; name: string };
  role: { kind: string; namespace?: string | undefined; name: string };
  rule: PolicyRule;
  /** Whether it allows what was asked for. Otherwise it is about the same resource, but not enough. */
  allows: boolean;
}

interface Bound {
  kind: string;
  namespace: string | undefined;
  name: string;
  roleRef: RoleRef;
}

/** Every rule about the resource that was asked for which is bound to the subject there: those that allow come first. */
export async function relevantRules(user: UserInfo, attributes: AccessAttributes, reader: Reader): Promise<RelevantRule[]> {
  const out: RelevantRule[] = [];
  for (const bound of await boundTo(user, attributes.namespace, reader)) {
    const { kind, name } = bound.roleRef;
    const isRole = kind === Role.kind;
    const role = isRole
      ? await findOne(reader, Role, { namespace: bound.namespace, name })
      : await findOne(reader, ClusterRole, { name });
    for (const rule of normalRules(role?.rules ?? [])) {
      if (!isAbout(rule, attributes)) continue;
      out.push({
        binding: { kind: bound.kind, namespace: bound.namespace, name: bound.name },
        role: { kind, namespace: isRole ? bound.namespace : undefined, name },
        rule,
        allows: hasVerb(rule, attributes.verb) && coversName(rule, attributes.name),
      });
    }
  }
  return out.toSorted((a, b) => Number(b.allows) - Number(a.allows));
}

async function boundTo(user: UserInfo, namespace: string | undefined, reader: Reader): Promise<Bound[]> {
  const [own, everywhere] = await Promise.all([
    namespace === undefined ? { items: [] } : reader.list(RoleBinding, { namespace }),
    reader.list(ClusterRoleBinding),
  ]);
  const all = [
    ...own.items.map((object) => ({ object, kind: RoleBinding.kind })),
    ...everywhere.items.map((object) => ({ object, kind: ClusterRoleBinding.kind })),
  ];
  return all.flatMap(({ object: { metadata, roleRef, subjects = [] }, kind }) =>
    subjects.some((subject) => {
      if (subject.kind === 'Group') return user.groups?.includes(subject.name) === true;
      if (subject.kind === 'User') return subject.name === user.username;
      return user.username === `system:serviceaccount:${subject.namespace ?? metadata.namespace ?? ''}:${subject.name}`;
    })
      ? [{ kind, namespace: metadata.namespace, name: metadata.name ?? '', roleRef }]
      : [],
  );
}

function isAbout({ apiGroups = [], resources = [], nonResourceURLs = [] }: PolicyRule, attributes: AccessAttributes): boolean {
  const { path, group, resource, subresource } = attributes;
  if (path !== undefined)
    return nonResourceURLs.some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))));
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const wanted = ['*', full, ...(subresource === undefined ? [] : [`*/${subresource}`])];
  return apiGroups.some((each) => each === '*' || each === group) && resources.some((each) => wanted.includes(each));
}

function hasVerb({ verbs }: PolicyRule, verb: string): boolean {
  return verbs.includes('*') || verbs.includes(verb);
}

function coversName({ resourceNames = [] }: PolicyRule, name: string | undefined): boolean {
  return resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name));
}

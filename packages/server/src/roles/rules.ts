import type { Kind, PolicyRule } from '@kargo/api';
import { badRequest } from '../http/http-error.ts';

/** Every verb that `*` stands for. */
const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

/** Which group a resource belongs to; fails with 400 for one that there is none of. */
export type GroupOf = (resource: string) => string;

/** Finds groups among the kinds that the API serves. A part after a slash is a subresource. */
export function groupFinder(kinds: readonly Kind[]): GroupOf {
  const found = new Map(kinds.toReversed().map(({ plural, group }) => [plural, group]));
  const singular = new Map(kinds.map((kind) => [kind.singular, kind.plural]));
  return (resource) => {
    const [plural = ''] = resource.split('/');
    const group = found.get(plural);
    if (group !== undefined) return group;
    const meant = singular.get(plural.toLowerCase()) ?? [...found.keys()].find((each) => each === plural.toLowerCase());
    throw badRequest(
      `unrecognized resource type ${JSON.stringify(resource)}${meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`}`,
    );
  };
}

/**
 * Rules in the form in which they are compared and shown: each for one group, resource and name, sorted, verbs without repetition. With
 * `groupOf`, as on writes, `*` verbs are spelled out, and missing groups are found; wildcards for resources are refused.
 */
export function normalRules(rules: readonly PolicyRule[], groupOf?: GroupOf): PolicyRule[] {
  const verbsOf = new Map<string, { rule: PolicyRule; verbs: Set<string> }>();
  for (const rule of rules.flatMap((each) => [...singleRules(each, groupOf)])) {
    const [group = ''] = rule.apiGroups ?? [];
    const [resource = ''] = rule.resources ?? [];
    const key = [group, resource, rule.resourceNames?.[0] ?? '', rule.nonResourceURLs?.[0] ?? ''].join('\0');
    const entry = verbsOf.get(key) ?? { rule, verbs: new Set<string>() };
    for (const verb of rule.verbs) for (const each of spelled(verb, resource, groupOf)) entry.verbs.add(each);
    verbsOf.set(key, entry);
  }
  return [...verbsOf]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { rule, verbs }]) => ({ ...rule, verbs: [...verbs].toSorted() }));
}

function spelled(verb: string, resource: string, groupOf: GroupOf | undefined): readonly string[] {
  if (verb !== '*' || groupOf === undefined) return [verb];
  return resource === 'stages' ? [...ALL_VERBS, 'promote'] : ALL_VERBS;
}

function* singleRules(rule: PolicyRule, groupOf: GroupOf | undefined): Generator<PolicyRule> {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  for (const url of nonResourceURLs) yield { verbs, nonResourceURLs: [url] };
  for (const resource of resources) {
    if (groupOf !== undefined && resource.includes('*')) throw badRequest('wildcards are not allowed as resource types');
    const groups = groupOf === undefined ? apiGroups : [groupOf(resource)];
    for (const group of groups.length === 0 ? [''] : groups)
      for (const name of resourceNames.length === 0 ? [undefined] : resourceNames)
        yield { verbs, apiGroups: [group], resources: [resource], ...(name === undefined ? {} : { resourceNames: [name] }) };
  }
}

/** Rules without the verbs of `removed`; rules that are left with none go. */
export function withoutRules(rules: readonly PolicyRule[], removed: readonly PolicyRule[]): PolicyRule[] {
  const gone = new Map(removed.map((rule) => [subjectOf(rule), new Set(rule.verbs)]));
  return rules.flatMap((rule) => {
    const verbs = rule.verbs.filter((verb) => gone.get(subjectOf(rule))?.has(verb) !== true);
    return verbs.length === 0 ? [] : [{ ...rule, verbs }];
  });
}

function subjectOf({ apiGroups, resources, resourceNames }: PolicyRule): string {
  return JSON.stringify([apiGroups?.[0] ?? '', resources?.[0] ?? '', resourceNames?.[0] ?? '']);
}

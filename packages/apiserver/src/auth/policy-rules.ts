import type { PolicyRule } from '@kargo/api';
import type { AccessAttributes } from '@kargo/kube';

const ANY = '*';

/** Whether one rule allows a request. */
export function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  if (!hasOrAny(rule.verbs, attributes.verb)) return false;
  const { path } = attributes;
  if (path !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, path));
  const names = rule.resourceNames ?? [];
  return (
    hasOrAny(rule.apiGroups, attributes.group) &&
    (rule.resources ?? []).some((resource) => resourceMatches(resource, attributes)) &&
    (names.length === 0 || (attributes.name !== undefined && names.includes(attributes.name)))
  );
}

/**
 * The parts of `wanted` that no rule of `held` covers, each for one verb, group and resource (or path). Empty when `held` allows
 * everything that `wanted` allows.
 */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap((rule) => [...atoms(rule)]).filter((atom) => !held.some((rule) => covers(rule, atom)));
}

/** A rule as Kubernetes shows it in refusals. */
export function ruleText(rule: PolicyRule): string {
  const list = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['ResourceNames', rule.resourceNames],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['Verbs', rule.verbs],
  ] as const;
  return `{${parts.flatMap(([name, values]) => (values === undefined || values.length === 0 ? [] : [`${name}:${list(values)}`])).join(', ')}}`;
}

function hasOrAny(values: readonly string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes(ANY) || values.includes(value));
}

function resourceMatches(allowed: string, { resource, subresource }: AccessAttributes): boolean {
  if (allowed === ANY) return true;
  if (subresource === undefined) return allowed === resource;
  return allowed === `${resource}/${subresource}` || allowed === `${ANY}/${subresource}`;
}

function pathMatches(pattern: string, path: string): boolean {
  return pattern === ANY || pattern === path || (pattern.endsWith(ANY) && path.startsWith(pattern.slice(0, -1)));
}

function* atoms(rule: PolicyRule): Generator<PolicyRule> {
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [url] };
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? []) {
        const atom = { verbs: [verb], apiGroups: [group], resources: [resource] };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) yield atom;
        else for (const name of names) yield { ...atom, resourceNames: [name] };
      }
  }
}

/** Whether a rule covers an atom: wildcards of the atom are covered by wildcards alone. */
function covers(rule: PolicyRule, atom: PolicyRule): boolean {
  if (!hasOrAny(rule.verbs, atom.verbs[0] ?? '')) return false;
  const [url] = atom.nonResourceURLs ?? [];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, url));
  const names = rule.resourceNames ?? [];
  const [name] = atom.resourceNames ?? [];
  return (
    hasOrAny(rule.apiGroups, atom.apiGroups?.[0] ?? '') &&
    resourceCovers(rule.resources ?? [], atom.resources?.[0] ?? '') &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

function resourceCovers(allowed: readonly string[], resource: string): boolean {
  const slash = resource.indexOf('/');
  return (
    allowed.includes(ANY) || allowed.includes(resource) || (slash >= 0 && allowed.includes(`${ANY}${resource.slice(slash)}`))
  );
}

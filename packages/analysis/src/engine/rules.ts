import { compileRE2 } from '@kargo/gocompat';

/** A rule that names metrics by an unanchored regular expression; a lone `*` means all. */
export interface MetricRule {
  metricName: string;
}

/**
 * For every metric name the first rule that matches it. Throws, naming the rule by index, if one matches nothing or is no valid
 * expression: a rule without effect is a mistake that must not pass in silence.
 */
export function matchRules<R extends MetricRule>(field: string, rules: readonly R[], names: readonly string[]): Map<string, R> {
  const matched = new Map<string, R>();
  for (const [index, rule] of rules.entries()) {
    const hits = names.filter((name) => matches(rule.metricName, name));
    if (hits.length === 0) throw new Error(`${field}[${index}]: Rule didn't match any metric name(s)`);
    for (const name of hits) if (!matched.has(name)) matched.set(name, rule);
  }
  return matched;
}

function matches(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  try {
    return compileRE2(pattern).test(name);
  } catch {
    return false; // An invalid expression matches nothing, which the caller reports.
  }
}

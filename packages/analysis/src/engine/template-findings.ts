/** What can be told of an analysis template before anything runs. Pure. */
import type { AnalysisTemplateSpec, Metric } from '@kargo/api';
import { check, ExprError, compile } from '@kargo/expr';
import { compileRE2 } from '@kargo/gocompat';
import { conditionFunctions } from '../conditions/functions.ts';
import { readDuration, readInt } from './limits.ts';
import { planWarnings } from './plan.ts';
import { metricProblem } from './validate.ts';

/** What is wrong with a part of a template. `path` is relative to its `spec`: `metrics[0].interval`. */
export interface TemplateProblem {
  path: string;
  value?: unknown;
  message: string;
}

export interface TemplateFindings {
  problems: TemplateProblem[];
  /** What is allowed but likely a mistake, one sentence each. */
  warnings: string[];
}

/** Every provider that Argo Rollouts knows; not all of them are at hand where its engine is not. */
export const KNOWN_PROVIDERS: readonly string[] = [
  'web',
  'job',
  'prometheus',
  'datadog',
  'newRelic',
  'cloudWatch',
  'graphite',
  'influxdb',
  'kayenta',
  'wavefront',
  'skywalking',
  'plugin',
];

const FIELD_PATHS = [/^metadata\.(name|namespace|uid)$/, /^metadata\.(labels|annotations)\['[^']+'\]$/];
const INTEGERS = ['count', 'failureLimit', 'inconclusiveLimit', 'consecutiveErrorLimit', 'consecutiveSuccessLimit'] as const;
const DURATIONS = [
  ['interval', 'interval'],
  ['initialDelay', 'startDelay'],
] as const;

/**
 * Finds what is wrong with a template whatever its arguments are. What arguments decide is left to the run: a text with a placeholder is
 * only looked at for placeholders that can never be filled.
 */
export function templateFindings(spec: AnalysisTemplateSpec): TemplateFindings {
  const { metrics = [], args = [], templates = [] } = spec;
  const problems: TemplateProblem[] = [];
  const warnings: string[] = [];
  if (metrics.length === 0 && templates.length === 0)
    problems.push({ path: 'metrics', message: 'there is nothing to measure: give metrics, or templates that have some' });
  problems.push(...repeated(metrics, 'metrics', 'name'), ...repeated(args, 'args', 'name'), ...argumentProblems(spec));
  const declared = new Set(args.map(({ name }) => name));
  for (const [index, metric] of metrics.entries()) {
    const path = `metrics[${index}]`;
    problems.push(...metricProblems(metric, path));
    for (const tag of tagsOf(metric)) {
      const name = tag.trim();
      if (!name.startsWith('args.')) problems.push({ path, value: `{{${tag}}}`, message: 'only {{args.NAME}} can be filled in' });
      else if (!declared.has(name.slice('args.'.length)))
        warnings.push(
          `Metric "${metric.name}" uses {{${name}}}, which this template does not declare: it must come from elsewhere`,
        );
    }
    warnings.push(...metricWarnings(metric));
  }
  const names = metrics.map(({ name }) => name);
  const complete = templates.length === 0 && !names.some(hasTag);
  for (const field of ['dryRun', 'measurementRetention'] as const) {
    const rules = spec[field] ?? [];
    problems.push(...repeated(rules, field, 'metricName'));
    for (const [index, rule] of rules.entries()) {
      const matches = matcherOf(rule.metricName);
      if (typeof matches === 'string')
        problems.push({ path: `${field}[${index}].metricName`, value: rule.metricName, message: matches });
      else if (complete && !names.some(matches))
        warnings.push(`${field}[${index}] matches no metric of this template: a run in which it matches none ends with Error`);
    }
  }
  for (const [index, { limit }] of (spec.measurementRetention ?? []).entries())
    if (limit < 0)
      problems.push({
        path: `measurementRetention[${index}].limit`,
        value: limit,
        message: 'must be 0 (the default of 10) or more',
      });
  return { problems, warnings };
}

function argumentProblems({ args = [] }: AnalysisTemplateSpec): TemplateProblem[] {
  return args.flatMap(({ name, valueFrom }, index) => {
    const out: TemplateProblem[] = [];
    if (name === '') out.push({ path: `args[${index}].name`, value: name, message: 'an argument needs a name' });
    const path = valueFrom?.fieldRef?.fieldPath;
    if (path !== undefined && !FIELD_PATHS.some((pattern) => pattern.test(path)))
      out.push({
        path: `args[${index}].valueFrom.fieldRef.fieldPath`,
        value: path,
        message:
          "must be metadata.name, metadata.namespace, metadata.uid, metadata.labels['KEY'] or metadata.annotations['KEY'] of the Stage",
      });
    return out;
  });
}

function metricProblems(metric: Metric, path: string): TemplateProblem[] {
  const out: TemplateProblem[] = [];
  if (metric.name === '') out.push({ path: `${path}.name`, value: metric.name, message: 'a metric needs a name' });
  const attempt = (field: string, value: unknown, read: () => unknown): void => {
    if (hasTag(value)) return;
    try {
      read();
    } catch (error) {
      out.push({ path: `${path}.${field}`, value, message: error instanceof Error ? error.message : String(error) });
    }
  };
  for (const field of INTEGERS) attempt(field, metric[field], () => readInt(field, metric[field], 0));
  for (const [field, word] of DURATIONS) attempt(field, metric[field], () => readDuration(word, metric[field]));
  // Limits depend on each other: they are compared where all of them are known.
  const numbers = [...INTEGERS, 'interval' as const].map((field) => metric[field]);
  if (out.length === 0 && !numbers.some(hasTag)) {
    const problem = metricProblem(metric);
    if (problem !== undefined) out.push({ path, message: problem });
  }
  for (const field of ['successCondition', 'failureCondition'] as const) {
    const problem = conditionProblem(metric[field]);
    if (problem !== undefined) out.push({ path: `${path}.${field}`, value: metric[field], message: problem });
  }
  for (const name of Object.keys(metric.provider))
    if (!KNOWN_PROVIDERS.includes(name))
      out.push({ path: `${path}.provider`, value: name, message: `there is no such provider: ${KNOWN_PROVIDERS.join(', ')}` });
  if (textsOf(metric).some((text) => text.lastIndexOf('{{') > text.lastIndexOf('}}')))
    out.push({ path, message: 'a placeholder begins with {{ and does not end with }}' });
  return out;
}

/** Why a condition can never be evaluated, whatever is measured; nothing if it can, or if arguments decide. */
export function conditionProblem(condition: string | undefined): string | undefined {
  if (condition === undefined || condition === '' || hasTag(condition)) return undefined;
  const [error] = check(condition, { functions: conditionFunctions, variables: ['result'] });
  if (error !== undefined) return error.message;
  const constant = constantOf(condition);
  return constant === undefined || typeof constant === 'boolean'
    ? undefined
    : `must be true or false, but is always ${JSON.stringify(constant)}`;
}

/** The value of a condition that does not look at the result. */
function constantOf(condition: string): unknown {
  if (/\bresult\b|\bnow\b/.test(condition)) return undefined;
  try {
    const value = compile(condition, {
      functions: conditionFunctions,
      variables: ['result'],
      budget: { iterations: 10_000 },
    }).run({});
    return typeof value === 'bigint' ? Number(value) : value;
  } catch (error) {
    if (error instanceof ExprError) return undefined; // What goes wrong when it runs is told then.
    throw error;
  }
}

function metricWarnings(metric: Metric): string[] {
  const out: string[] = [];
  const { successCondition, failureCondition, provider } = metric;
  const constants: readonly (readonly [string, string | undefined, boolean])[] = [
    ['successCondition', successCondition, false],
    ['failureCondition', failureCondition, true],
  ];
  for (const [field, condition, fatal] of constants)
    if (condition !== undefined && condition !== '' && !hasTag(condition) && constantOf(condition) === fatal)
      out.push(`Metric "${metric.name}" can never succeed: its ${field} is always ${fatal}`);
  if ('job' in provider && ((successCondition ?? '') !== '' || (failureCondition ?? '') !== ''))
    out.push(`Metric "${metric.name}" measures by a Job: its conditions are never looked at`);
  const web = provider['web'] as { authentication?: { sigv4?: object } } | null | undefined;
  if (web?.authentication?.sigv4 !== undefined)
    out.push(`Metric "${metric.name}": the web provider does not sign requests with sigv4; use basicAuth or oauth2`);
  if (!hasTag(metric.count) && !hasTag(metric.interval) && !hasTag(metric.consecutiveSuccessLimit)) {
    try {
      out.push(...planWarnings({ metrics: [metric] }));
    } catch {
      // Told as a problem of the field.
    }
  }
  return out;
}

function repeated<K extends string>(items: readonly Record<K, string>[], path: string, key: K): TemplateProblem[] {
  return items.flatMap((item, index) =>
    items.findIndex((other) => other[key] === item[key]) === index
      ? []
      : [{ path: `${path}[${index}].${key}`, value: item[key], message: `duplicate name '${item[key]}'` }],
  );
}

function matcherOf(pattern: string): ((name: string) => boolean) | string {
  if (pattern === '*') return () => true;
  try {
    const compiled = compileRE2(pattern);
    return (name) => compiled.test(name);
  } catch (error) {
    return `no regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function hasTag(value: unknown): boolean {
  return typeof value === 'string' && value.includes('{{');
}

function tagsOf(metric: Metric): string[] {
  return textsOf(metric).flatMap(tagsIn);
}

/** What stands between `{{` and `}}`. Not by a pattern: that would take the square of the time for a text full of braces. */
function tagsIn(text: string): string[] {
  const tags: string[] = [];
  for (let open = text.indexOf('{{'); open !== -1;) {
    const close = text.indexOf('}}', open + 2);
    if (close === -1) break;
    tags.push(text.slice(open + 2, close));
    open = text.indexOf('{{', close + 2);
  }
  return tags;
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

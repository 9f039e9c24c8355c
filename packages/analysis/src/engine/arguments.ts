import type { AnalysisArgument, Metric } from '@kargo/api';

/** Arguments could not be put into a metric. The message follows `Unable to resolve metric arguments: `. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** What a secret argument reads as while a metric is validated and scheduled. */
export const SECRET_PLACEHOLDER = 'temp-for-secret';

/** Text fields in the order in which a bad tag is looked for. */
const FIELD_ORDER = [
  'name',
  'interval',
  'initialDelay',
  'count',
  'successCondition',
  'failureCondition',
  'failureLimit',
  'inconclusiveLimit',
  'consecutiveErrorLimit',
  'provider',
  'consecutiveSuccessLimit',
] as const;

/**
 * The values of arguments by name. Secret ones read as the placeholder unless `secrets` has them, keyed by argument name.
 * Throws {@link ArgumentError} for an argument that has neither value nor source.
 */
export function argumentValues(args: readonly AnalysisArgument[], secrets?: ReadonlyMap<string, string>): Map<string, string> {
  const values = new Map<string, string>();
  for (const { name, value, valueFrom } of args) {
    const resolved = valueFrom?.secretKeyRef === undefined ? value : (secrets?.get(name) ?? SECRET_PLACEHOLDER);
    if (resolved === undefined) throw new ArgumentError(`argument "${name}" was not supplied`);
    values.set(name, resolved);
  }
  return values;
}

/** Replaces every `{{args.x}}` in the strings of a metric. Throws {@link ArgumentError} for an unknown or unterminated tag. */
export function resolveMetric(metric: Metric, values: ReadonlyMap<string, string>): Metric {
  const ordered: Record<string, unknown> = {};
  for (const field of FIELD_ORDER) if (metric[field] !== undefined) ordered[field] = metric[field];
  const text = JSON.stringify({ ...ordered, ...metric });
  let resolved = '';
  let rest = 0;
  let bad: string | undefined;
  for (let open = text.indexOf('{{'); open !== -1; open = text.indexOf('{{', rest)) {
    const close = text.indexOf('}}', open + 2);
    const tag = text.slice(open + 2, close);
    // Braces that close the JSON around the text do not close a tag in it.
    if (close === -1 || tag.includes('"'))
      throw new ArgumentError(`Cannot find end tag="}}" in the template="${text.slice(open, open + 80)}"`);
    const name = tag.trim();
    const value = name.startsWith('args.') ? values.get(name.slice('args.'.length)) : undefined;
    if (value === undefined) bad = tag;
    resolved += text.slice(rest, open) + (value === undefined ? '' : JSON.stringify(value).slice(1, -1));
    rest = close + 2;
  }
  if (bad !== undefined) throw new ArgumentError(`failed to resolve {{${bad}}}`);
  return JSON.parse(resolved + text.slice(rest)) as Metric;
}

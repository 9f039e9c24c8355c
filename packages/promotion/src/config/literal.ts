/** What of a configuration is said already, and what only expressions will say. */
import type { Json } from '@kargo/api';
import { hasTemplate } from '@kargo/expr';
import type { ConfigViolation } from './validate.ts';

/** Whether there is an expression anywhere in a value. */
export function hasExpression(value: Json | undefined): boolean {
  if (typeof value === 'string') return hasTemplate(value);
  if (Array.isArray(value)) return value.some(hasExpression);
  return typeof value === 'object' && value !== null && Object.values(value).some((item) => hasExpression(item));
}

/** The value at a path; undefined if there is none. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Array.isArray(current) ? current[Number(part)] : Object.hasOwn(current, part) ? current[part] : undefined;
  }
  return current;
}

/** Keywords that speak of the shape of lists and objects, which expressions cannot change. */
const SHAPE: ReadonlySet<string> = new Set(['required', 'additionalProperties', 'minItems', 'maxItems', 'minProperties']);

/** Whether no result of any expression could mend a violation. */
export function isDefinite({ path, keyword }: ConfigViolation, config: Json): boolean {
  return SHAPE.has(keyword) || !hasExpression(valueAt(config, path));
}

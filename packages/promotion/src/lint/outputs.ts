import type { Json, PromotionStep } from '@kargo/api';
import type { StepRegistry } from '../engine/plan.ts';
import type { ConfigSchema, OutputSchemas } from '../step.ts';

/** What a step puts out; undefined if that is not known. */
export function outputsOf({ uses = '', task, config }: PromotionStep, registry: StepRegistry): OutputSchemas | undefined {
  const step = task === undefined ? registry.get(uses) : undefined;
  if (step === undefined) return undefined;
  const { outputs = {} } = step;
  return typeof outputs === 'function' ? outputs((config ?? {}) as Json) : outputs;
}

/** What is known of a member of an output: its schema, `unknown` if nothing is, or the names there are if it is none of them. */
export function memberOf(
  schema: ConfigSchema,
  path: readonly string[],
): ConfigSchema | 'unknown' | { unknown: string; known: string[] } {
  let current: ConfigSchema = schema;
  for (const name of path) {
    const { properties, additionalProperties } = current;
    if (properties !== undefined && Object.hasOwn(properties, name)) current = properties[name] ?? {};
    else if (typeof additionalProperties === 'object') current = additionalProperties;
    else if (properties !== undefined && additionalProperties === false) return { unknown: name, known: Object.keys(properties) };
    else return 'unknown';
  }
  return current;
}

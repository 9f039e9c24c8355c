/** Building blocks of the configuration schemas, so that a schema reads as a list of its fields. */
import type { ConfigSchema } from '../step.ts';

/** A text that must not be empty. */
export function text(description: string, more: ConfigSchema = {}): ConfigSchema {
  return { type: 'string', description, minLength: 1, ...more };
}

/** A text where the empty one counts as absent. */
export function optionalText(description: string): ConfigSchema {
  return { type: 'string', description };
}

export function flag(description: string, more: ConfigSchema = {}): ConfigSchema {
  return { type: 'boolean', description, ...more };
}

export function list(items: ConfigSchema, description: string, more: ConfigSchema = {}): ConfigSchema {
  return { type: 'array', description, items, ...more };
}

/** An object that knows exactly these properties; the names in `required` must be there. */
export function object(properties: Record<string, ConfigSchema>, required: string[] = [], more: ConfigSchema = {}): ConfigSchema {
  return { type: 'object', additionalProperties: false, ...(required.length > 0 ? { required } : {}), properties, ...more };
}

/** For alternatives: the text is absent or empty. */
export const absentText: ConfigSchema = { enum: ['', null] };

/** For alternatives: the flag is absent or false. */
export const absentFlag: ConfigSchema = { enum: [false, null] };

/** For alternatives: the text is there and not empty. */
export const presentText: ConfigSchema = { minLength: 1 };

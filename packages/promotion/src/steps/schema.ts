/** Building blocks of the configuration schemas, so that a schema reads as a list of its fields. */
import type { Json } from '@kargo/api';
import { hasTemplate } from '@kargo/expr';
import type { ConfigSchema, OutputSchemas } from '../step.ts';

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

/** Of steps that change files: what they say about it. */
export const commitMessageOutput: OutputSchemas = {
  commitMessage: { type: 'string', description: 'What was changed, for the message of a commit.' },
};

/** Of steps that push. */
export const pushOutputs: OutputSchemas = {
  commit: { type: 'string', description: 'The commit that was pushed.' },
  branch: { type: 'string', description: 'The branch it was pushed to.' },
  commitURL: { type: 'string', description: 'The page of the commit.' },
};

/** The outputs that a list of `{name, …}` under `outputs` of a configuration names; nothing if a name is yet to be evaluated. */
export function namedOutputs(config: Json): OutputSchemas | undefined {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return undefined;
  const { outputs = [] } = config;
  if (!Array.isArray(outputs)) return undefined;
  const names = outputs.map((one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) && typeof one['name'] === 'string' ? one['name'] : '',
  );
  if (names.some((name) => name === '' || hasTemplate(name))) return undefined;
  return Object.fromEntries(names.map((name) => [name, {}]));
}

import { templateReferences, templateType, type CompileOptions, type JsonType } from '@kargo/expr';
import type { ConfigSchema } from '../step.ts';

/** What is known of the value of a text with expressions: its type, or that it is a text which is given a type by what it looks like. */
export type KnownType = JsonType | undefined;

/** The JSON type that a template has for certain. `typeOf` tells that of what a path of names leads to, if it is known. */
export function typeOfTemplate(
  text: string,
  options: CompileOptions,
  typeOf: (path: readonly string[]) => ConfigSchema | undefined,
): KnownType {
  const own = templateType(text, options);
  if (own !== undefined) return own;
  const [only, ...others] = templateReferences(text);
  if (only === undefined || others.length > 0 || only.open || only.called) return undefined;
  if (!isReferenceAlone(text)) return undefined;
  switch (typeOf(only.path)?.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      return 'array';
    case 'object':
      return 'object';
    default:
      // Texts become numbers, booleans and more by what they look like.
      return undefined;
  }
}

/** Whether a template is nothing but one name with members. */
function isReferenceAlone(text: string): boolean {
  return /^(?:\$\{\{|\$\{%)\s*[\w$]+(?:\.\w+|\[(?:'[^']*'|"[^"]*")\])*\s*(?:\}\}|%\})$/.test(text);
}

/** Whether a field can hold a value of a type; a field of texts takes numbers and booleans too, as the texts they are written as. */
export function fits(type: JsonType, field: ConfigSchema): boolean {
  const wanted = field.type;
  if (wanted === undefined || field.oneOf !== undefined || field.anyOf !== undefined) return true;
  if (wanted === 'string') return type !== 'array' && type !== 'object' && type !== 'null';
  return wanted === type || (wanted === 'integer' && type === 'number');
}

/** What a schema says of the value at a path; undefined if nothing certain. */
export function fieldAt(schema: ConfigSchema, path: readonly (string | number)[]): ConfigSchema | undefined {
  let current: ConfigSchema | undefined = schema;
  for (const part of path) {
    if (current === undefined) return undefined;
    if (typeof part === 'number') current = current.items;
    else if (current.properties !== undefined && Object.hasOwn(current.properties, part)) current = current.properties[part];
    else current = typeof current.additionalProperties === 'object' ? current.additionalProperties : undefined;
  }
  return current;
}

import type { Type } from '../checker/type.ts';
import { resultType, type CompileOptions } from '../program.ts';
import { QUOTING_FUNCTIONS } from './quoting.ts';
import { hasTemplate, scanTemplate } from './scan.ts';

/** The types of JSON. */
export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

/**
 * The type that a template renders to for certain, if there is one without rendering it. A text that comes from expressions has none: it becomes what it
 * looks like.
 *
 * @throws ExprError with code `parse`, `compile` or `budget`
 */
export function templateType(text: string, options: CompileOptions = {}): JsonType | undefined {
  if (!hasTemplate(text)) return 'string';
  const [only, ...others] = scanTemplate(text);
  if (only === undefined || only.kind === 'text' || others.length > 0) return undefined;
  const functions = { ...options.functions, ...QUOTING_FUNCTIONS };
  return jsonTypeOf(resultType(only.source, { ...options, functions }));
}

function jsonTypeOf({ kind }: Type): JsonType | undefined {
  switch (kind) {
    case 'nil':
      return 'null';
    case 'bool':
      return 'boolean';
    case 'int':
    case 'int64':
    case 'uint8':
    case 'float':
    case 'duration':
    case 'month':
    case 'weekday':
      return 'number';
    case 'list':
      return 'array';
    case 'map':
      return 'object';
    default:
      // Structures may be nil, or have a text of their own.
      return undefined;
  }
}

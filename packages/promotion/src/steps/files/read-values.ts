import type { Json } from '@kargo/api';
import { compile, ExprError, fromJson, toJson, type Budget, type Value } from '@kargo/expr';
import { parseJson } from '../json-parse/parse-json.ts';
import { parseToml } from '../toml-parse/parse-toml.ts';
import { parseYamlDocument } from '../yaml-parse/parse-yaml-document.ts';
import { about } from './about.ts';

/** The formats from which values can be read, as people write them. */
export type DocumentFormat = 'JSON' | 'TOML' | 'YAML';

const PARSERS: Readonly<Record<DocumentFormat, (text: string) => Json>> = {
  JSON: parseJson,
  TOML: parseToml,
  YAML: parseYamlDocument,
};

/** Values to be read from a document by expressions. */
export interface ReadValues {
  path: string;
  format: DocumentFormat;
  text: string;
  outputs: readonly { name: string; fromExpression: string }[];
  budget?: Budget | undefined;
}

/** What fails because an expression needs more than its budget. */
export class BudgetExceeded extends Error {
  override readonly name = 'BudgetExceeded';
}

/** Reads values from a document, each by its expression. Fails with what is wrong with the document, or with the first value. */
export function readValues({ path, format, text, outputs, budget }: ReadValues): Record<string, Json> {
  const document = about(path, () => PARSERS[format](text));
  // JSON does not tell whole numbers from others.
  const env = about(path, () => (format === 'JSON' ? fromJson(document) : withIntegers(document)));
  return Object.fromEntries(
    outputs.map(({ name, fromExpression }): [string, Json] => {
      try {
        return [name, toJson(compile(fromExpression, { budget }).run(env as Record<string, unknown>))];
      } catch (error) {
        const message = `could not read output "${name}" from ${path}: ${error instanceof Error ? error.message : String(error)}`;
        if (error instanceof ExprError && error.code === 'budget') throw new BudgetExceeded(message, { cause: error });
        throw new Error(message, { cause: error });
      }
    }),
  );
}

/** Whole numbers as such, so far as they are exact. */
function withIntegers(json: Json): Value {
  if (typeof json === 'number') return Number.isSafeInteger(json) && !Object.is(json, -0) ? BigInt(json) : json;
  if (Array.isArray(json)) return json.map(withIntegers);
  if (typeof json !== 'object' || json === null) return json;
  const out = Object.create(null) as Record<string, Value>;
  for (const [key, value] of Object.entries(json)) out[key] = withIntegers(value);
  return out;
}

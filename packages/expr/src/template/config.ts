import type { CompileOptions } from '../program.ts';
import { ExprError } from '../error.ts';
import type { Json } from '../json.ts';
import { compileTemplate, withFunctionsOf, type Template } from './template.ts';
import { itemSchema, propertySchema, wantsText, type JsonSchemaLike } from './schema.ts';

/** How a whole configuration is rendered. */
export interface RenderConfigOptions extends CompileOptions {
  /** If given, fields that hold strings by it keep what renders as text: a tag `1.10` stays a tag. */
  readonly schema?: JsonSchemaLike | undefined;
}

/**
 * Renders the strings of a configuration at every depth. Keys are never rendered, other values stay as they are.
 *
 * @throws ExprError whose `reason` begins with the path of the field; whatever a host function throws that is not a plain Error
 */
export function renderConfig(value: Json, env: Readonly<Record<string, unknown>>, options: RenderConfigOptions = {}): Json {
  const compileOptions = withFunctionsOf(env, options);
  return render(
    value,
    options.schema,
    [],
    (text, schema) => {
      const template: Template = compileTemplate(text, compileOptions);
      return wantsText(schema, options.schema) ? template.renderText(env) : template.render(env);
    },
    options.schema,
  );
}

type RenderText = (text: string, schema: JsonSchemaLike | undefined) => Json;

function render(
  value: Json,
  schema: JsonSchemaLike | undefined,
  path: readonly string[],
  renderText: RenderText,
  root: JsonSchemaLike | undefined,
): Json {
  if (typeof value === 'string') return atPath(path, () => renderText(value, schema));
  if (Array.isArray(value)) {
    const items = itemSchema(schema, root);
    return value.map((item, index) => render(item, items, [...path, String(index)], renderText, root));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, Json] => [
    key,
    render(item, propertySchema(schema, key, root), [...path, key], renderText, root),
  ]);
  return Object.fromEntries(entries);
}

function atPath(path: readonly string[], work: () => Json): Json {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ExprError) || path.length === 0) throw error;
    const at = error.source === undefined ? undefined : { source: error.source, offset: error.position?.offset ?? 0 };
    throw new ExprError(error.code, `${path.join('.')}: ${error.reason}`, at, error);
  }
}

import type { Json } from '@kargo/api';
import { compile, ExprError, fromJson, toJson, type Value } from '@kargo/expr';
import { TerminalStepError, type Step } from '../../step.ts';
import { list, namedOutputs, object, text } from '../schema.ts';
import { about, readText } from './text-file.ts';

interface OutputConfig {
  name: string;
  fromExpression: string;
}

/** Configuration of the steps that read values from a file. */
export interface ParseConfig {
  path: string;
  outputs: OutputConfig[];
}

/**
 * A step that reads values from a file with expressions. The document is the environment: the key `image.tag` is written `image.tag`, the
 * whole document, be it a list or a single value, `$env`. What is not there is null. `parse` fails for what is no such document.
 */
export function parseStep(options: {
  name: string;
  /** As people write it. */
  format: string;
  /** Whether whole numbers of the format are other than those with a fraction. */
  hasIntegers: boolean;
  parse: (text: string) => Json;
}): Step<ParseConfig> {
  const { name, format, parse } = options;
  return {
    name,
    outputs: namedOutputs,
    configSchema: object(
      {
        path: text(`The ${format} file.`),
        outputs: list(
          object(
            {
              name: text('Name of the output.'),
              fromExpression: text(
                'Expression over the document, without `${{ }}`, e.g. `image.tag`. `$env` is the whole document.',
              ),
            },
            ['name', 'fromExpression'],
          ),
          'What to read.',
          { minItems: 1 },
        ),
      },
      ['path', 'outputs'],
      { title: `${format}ParseConfig` },
    ),

    async run({ config: { path, outputs }, workspace }) {
      // Before the file is looked at: a mistake in an expression stays one, whatever the file says.
      const programs = outputs.map(({ name: output, fromExpression }) => ({
        output,
        program: compiled(output, fromExpression),
      }));
      const source = await readText(workspace, path);
      const document = about(path, () => parse(source));
      const env = about(path, () => (options.hasIntegers ? withIntegers(document) : fromJson(document)));
      const entries = programs.map(({ output, program }): [string, Json] => {
        try {
          return [output, toJson(program.run(env as Record<string, unknown>))];
        } catch (error) {
          throw new Error(`could not read output "${output}" from ${path}: ${messageOf(error)}`, { cause: error });
        }
      });
      return { status: 'Succeeded', output: Object.fromEntries(entries) };
    },
  };
}

function compiled(output: string, source: string): ReturnType<typeof compile> {
  try {
    return compile(source);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    throw new TerminalStepError(`fromExpression of output "${output}" is not an expression: ${error.message}`, { cause: error });
  }
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

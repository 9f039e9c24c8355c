import type { Json, Value } from '@kargo/expr';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CLIError, messageOf } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { evaluateLines, parseEnvironment } from './eval-lines.ts';

interface Options extends ProjectOptions {
  env?: string;
  var?: string[];
  promotion?: string;
  step?: string;
  jsonl?: boolean;
  output?: string;
}

/** `kargo eval`: evaluates an expression or a template, without a server unless a Promotion is named. */
export const evalCommand = defineCommand<Options>({
  usage: '[EXPRESSION]',
  configure: (command) =>
    projectFlags(command)
      .option('--env <file>', 'JSON file with the variables; - is standard input. Whole numbers are integers')
      .option('--var <name=value>', 'a text that is vars.NAME; repeatable', (value: string, all: string[] | undefined) => [
        ...(all ?? []),
        value,
      ])
      .option('--promotion <name>', 'evaluate as a step of this Promotion would')
      .option('--step <alias>', 'the step of the Promotion; default: the one it is at, or was last')
      .option('--jsonl', 'read lines of {"id", "expr", "env"} from standard input and write a line with the result of each')
      .option('-o, --output <format>', 'text (type and value), json (both in one line) or value (only the value)', 'text'),
  run: async ({ args, options, context }) => {
    const [source] = args;
    if (options.jsonl === true) {
      if (source !== undefined || options.promotion !== undefined || options.env !== undefined)
        throw new CLIError('Usage', '--jsonl takes expressions and variables from standard input, and no others');
      await evaluateLines(context.io);
      return;
    }
    if (source === undefined) throw new CLIError('Usage', 'an expression is required, e.g. `kargo eval "1 + 2"`');
    if (!['text', 'json', 'value'].includes(options.output ?? ''))
      throw new CLIError('Usage', `--output must be text, json or value, not ${JSON.stringify(options.output)}`);
    const value = await evaluate(source, options, context);
    context.io.stdout.write(await shown(value, options.output));
  },
});

async function evaluate(source: string, options: Options, context: CommandContext): Promise<Value> {
  if (options.promotion !== undefined) {
    if (options.env !== undefined) throw new CLIError('Usage', '--env and --promotion exclude each other');
    const { evaluateInPromotion } = await import('./eval-promotion.ts');
    const project = await context.project(options);
    const api = await context.api(options);
    const { promotion: name, step } = options;
    return evaluateInPromotion(api, { project, name, step, source, vars: variables(options.var) });
  }
  if (options.step !== undefined) throw new CLIError('Usage', '--step is only for --promotion');
  const { compile, ExprError, fromJson, hasTemplate, renderTemplate } = await import('@kargo/expr');
  const { semverFunctions } = await import('@kargo/promotion');
  const env = options.env === undefined ? {} : await environment(context, options.env);
  const vars = variables(options.var);
  const given = (env['vars'] ?? {}) as object;
  const all =
    vars.length === 0 ? env : { ...env, vars: { ...given, ...Object.fromEntries(vars.map(({ name, value }) => [name, value])) } };
  const now = (): number => context.io.now();
  try {
    if (hasTemplate(source))
      return fromJson(renderTemplate(source, all, { functions: semverFunctions, now }), { wholeNumbers: 'int' });
    return compile(source, { functions: semverFunctions, now }).run(all);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    throw new CLIError('Expression', error.pretty(), error);
  }
}

async function environment({ io }: CommandContext, file: string): Promise<Readonly<Record<string, Value>>> {
  let text: string;
  try {
    text = file === '-' ? await readAll(io.stdin) : await readFile(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    throw new CLIError('Usage', `cannot read the variables in ${file}: ${messageOf(error)}`, error);
  }
  return parseEnvironment(text, file === '-' ? 'standard input' : file);
}

async function readAll(input: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function variables(given: readonly string[] = []): { name: string; value: string }[] {
  return given.map((text) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new CLIError('Usage', `--var must be of the form name=value, not ${JSON.stringify(text)}`);
    return { name, value };
  });
}

async function shown(value: Value, output: string | undefined): Promise<string> {
  const { typedJson, typedName } = await import('@kargo/expr');
  const [type, json] = [typedName(value), typedJson(value)];
  if (output === 'json') return `${JSON.stringify({ type, value: json })}\n`;
  const text = plainText(json);
  return output === 'value' ? `${text}\n` : `${type}: ${text}\n`;
}

/** For people, who have the type beside it: what stands for a single value in JSON is shown as that value. */
function plainText(json: Json): string {
  if (typeof json === 'string') return json;
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    const [entry, ...others] = Object.entries(json);
    if (entry?.[0].startsWith('$') === true && others.length === 0 && typeof entry[1] !== 'object') return String(entry[1]);
  }
  return JSON.stringify(json, undefined, 2);
}

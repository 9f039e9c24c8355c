import type { Json } from '@kargo/api';
import { compile, ExprError, type Budget } from '@kargo/expr';
import { compute, isComputedApart } from '../../computations/compute.ts';
import { PROMPT_BUDGET } from '../../context/prompt-budget.ts';
import { TerminalStepError, type Step } from '../../step.ts';
import { list, namedOutputs, object, text } from '../schema.ts';
import { BudgetExceeded, type DocumentFormat } from './read-values.ts';
import { readText } from './text-file.ts';

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
 * whole document, be it a list or a single value, `$env`. What is not there is null.
 */
export function parseStep(name: string, format: DocumentFormat): Step<ParseConfig> {
  return {
    name,
    workspace: 'reads',
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

    async run({ config: { path, outputs }, workspace, signal }, ports) {
      // Before the file is looked at: a mistake in an expression stays one, whatever the file says.
      for (const { name: output, fromExpression } of outputs) refuseMistakes(output, fromExpression);
      const source = await readText(workspace, path);
      const wanted = { path, format, text: source, outputs };
      const read = (budget: Budget | undefined, size: number): Promise<Record<string, Json>> =>
        compute('read-values', { ...wanted, budget }, size, ports, signal);
      if (isComputedApart(source.length, ports)) return { status: 'Succeeded', output: await read(undefined, source.length) };
      try {
        return { status: 'Succeeded', output: await read(PROMPT_BUDGET, source.length) };
      } catch (error) {
        if (!(error instanceof BudgetExceeded) || ports.computations === undefined) throw error;
        return { status: 'Succeeded', output: await read(undefined, Number.POSITIVE_INFINITY) };
      }
    },
  };
}

function refuseMistakes(output: string, source: string): void {
  try {
    compile(source);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    throw new TerminalStepError(`fromExpression of output "${output}" is not an expression: ${error.message}`, { cause: error });
  }
}

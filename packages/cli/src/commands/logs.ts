import { textAt, valueAt } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import type { ApiClient } from '../client/api-client.ts';
import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import type { CLIIO } from '../io.ts';

interface Options extends ProjectOptions {
  metric?: string;
  container?: string;
  step?: string;
  follow?: boolean;
}

const TYPES: Readonly<Record<string, 'analysisrun' | 'promotion'>> = {
  analysisrun: 'analysisrun',
  analysisruns: 'analysisrun',
  promotion: 'promotion',
  promotions: 'promotion',
  promo: 'promotion',
  promos: 'promotion',
};

/** `kargo logs ANALYSISRUN` and `kargo logs promotion NAME`: what its Jobs, or its steps, wrote. */
export const logs = defineCommand<Options>({
  usage: '<NAME...>',
  configure: (command) =>
    projectFlags(command)
      .usage('[options] ANALYSISRUN | analysisrun ANALYSISRUN | promotion PROMOTION')
      .option('--metric <metric>', 'of an AnalysisRun: the metric whose Job is meant; may be left out where there is only one')
      .option(
        '--container <container>',
        'of an AnalysisRun: the container that is meant; may be left out where there is only one',
      )
      .option('--step <alias>', 'of a Promotion: only this step; default: all steps in their order')
      .option('-f, --follow', 'of a Promotion: go on until it has ended'),
  run: async ({ args, options, context }) => {
    const [first = '', second] = args;
    const type = second === undefined ? 'analysisrun' : TYPES[first.toLowerCase()];
    if (type === undefined || args.length > 2)
      throw new CLIError('Usage', `there are logs of an analysisrun or a promotion, not of ${JSON.stringify(first)}`);
    const name = nameOf(second ?? first);
    const project = await context.project(options);
    const api = await context.api(options);
    if (type === 'promotion') await promotionLogs(context.io, api, { project, name, options });
    else
      await print(
        context.io,
        api.text(['projects', project, 'analysis-runs', name, 'logs'], {
          operation: 'get logs',
          query: { metricName: options.metric, containerName: options.container },
        }),
      );
  },
});

async function print(io: CLIIO, pieces: AsyncIterable<string>): Promise<void> {
  let last = '\n';
  for await (const piece of pieces) {
    io.stdout.write(piece);
    last = piece.at(-1) ?? last;
  }
  if (last !== '\n') io.stdout.write('\n');
}

async function promotionLogs(
  io: CLIIO,
  api: ApiClient,
  { project, name, options }: { project: string; name: string; options: Options },
): Promise<void> {
  const path = ['projects', project, 'promotions', name];
  const promotion = await api.call<ApiObject>('GET', path, { operation: 'get promotion' });
  const steps = options.step === undefined ? aliasesOf(promotion) : [options.step];
  const follow = options.follow === true ? { follow: 'true' } : {};
  for (const step of steps) {
    if (steps.length > 1) io.stdout.write(`==> ${step} <==\n`);
    await print(io, api.text([...path, 'steps', step, 'logs'], { operation: 'get logs', query: follow }));
  }
}

/** Aliases of the steps, as the engine gives them to those that have none. */
function aliasesOf(promotion: ApiObject): string[] {
  const steps = valueAt(promotion, 'spec', 'steps');
  return Array.isArray(steps) ? steps.map((step, i) => textAt(step, 'as') || `step-${i + 1}`) : [];
}

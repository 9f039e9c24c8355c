import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { credentialsTraceText, credentialsType, type CredentialsTraceBody } from './explain-credentials.ts';
import { explanationText, type ExplanationBody } from '../output/explanation.ts';

interface Options extends ProjectOptions {
  type?: string;
  output?: string;
}

/** Where explanations of each type are; Freight may be named by its alias. */
const PATHS: Readonly<Record<string, string>> = {
  stage: 'stages',
  stages: 'stages',
  freight: 'freight',
  promotion: 'promotions',
  promotions: 'promotions',
  promo: 'promotions',
  warehouse: 'warehouses',
  warehouses: 'warehouses',
};

/**
 * `kargo explain`: why something does not move, what would move it, who can, and when at the earliest; and which credentials are used for
 * a repository.
 */
export const explain = defineCommand<Options>({
  usage: '<TYPE> <NAME>',
  configure: (command) =>
    projectFlags(command)
      .option('--type <type>', 'git, image or helm: what credentials are for (default: told by the URL)')
      .option('-o, --output <format>', 'json or yaml; default: text'),
  run: async ({ args, options, context }) => {
    const project = await context.project(options);
    const [type = '', name = ''] = args;
    const write = async (body: object, text: string): Promise<void> => {
      if (options.output === 'json') context.io.stdout.write(`${JSON.stringify(body, null, 4)}\n`);
      else if (options.output === 'yaml') context.io.stdout.write((await import('yaml')).stringify(body));
      else if (options.output === undefined) context.io.stdout.write(text);
      else throw new CLIError('Usage', `--output is json or yaml here, not ${JSON.stringify(options.output)}`);
    };
    if (type.toLowerCase() === 'credentials') {
      const body = (await (
        await context.api(options)
      ).call('GET', ['projects', project, 'credentials', 'explain'], {
        operation: 'explain credentials',
        query: { type: credentialsType(name, options.type), repoURL: name },
      })) as CredentialsTraceBody;
      return write(body, credentialsTraceText(body));
    }
    const path = PATHS[type.toLowerCase()];
    if (path === undefined)
      throw new CLIError(
        'Usage',
        `there is nothing to explain about ${JSON.stringify(type)}: TYPE is stage, freight, promotion, warehouse or credentials`,
      );
    const api = await context.api(options);
    const body = (await api.call('GET', ['projects', project, path, nameOf(name), 'explain'], {
      operation: `explain ${type}`,
    })) as ExplanationBody;
    return write(body, explanationText(body));
  },
});

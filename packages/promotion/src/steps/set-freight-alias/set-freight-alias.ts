import { Freight, labels } from '@kargo/api';
import { labelValueProblem } from '@kargo/gocompat';
import type { Client } from '@kargo/kube';
import { TerminalStepError, type Step, type StepContext } from '../../step.ts';
import { object, text } from '../schema.ts';

export interface SetFreightAliasConfig {
  name: string;
  alias: string;
}

/** Gives Freight of the project another alias. Whatever goes wrong is for people to look at: nothing is tried again. */
export const setFreightAlias: Step<SetFreightAliasConfig> = {
  name: 'set-freight-alias',
  workspace: 'none',
  configSchema: object(
    {
      name: text('Name of the Freight.'),
      alias: text('Its new alias, which no other Freight of the project may have.'),
    },
    ['name', 'alias'],
    { title: 'SetFreightAliasConfig' },
  ),

  async run(context, { client }) {
    const { name, alias } = context.config;
    try {
      const old = await rename(context, client);
      return { status: 'Succeeded', message: `updated alias of Freight "${name}" from "${old}" to "${alias}"` };
    } catch (error) {
      if (context.signal.aborted) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new TerminalStepError(`could not set the alias of Freight "${name}" to "${alias}": ${why}`, {
        status: 'Failed',
        cause: error,
      });
    }
  },
};

/** Returns the alias it had before. */
async function rename(
  { config: { name, alias }, project, signal }: StepContext<SetFreightAliasConfig>,
  client: Client,
): Promise<string> {
  const problem = labelValueProblem(alias);
  if (problem !== undefined) throw new Error(problem);
  const freight = await client.get(Freight, { namespace: project, name }, { signal });
  const old = freight.alias ?? freight.metadata.labels?.[labels.alias] ?? '';
  if (freight.alias === alias && freight.metadata.labels?.[labels.alias] === alias) return old;
  const { items } = await client.list(Freight, {
    namespace: project,
    labelSelector: `${labels.alias}=${alias}`,
    limit: 2,
    signal,
  });
  const other = items.find(({ metadata }) => metadata.name !== name);
  if (other !== undefined) throw new Error(`Freight "${other.metadata.name ?? ''}" of the project already has it`);
  const { resourceVersion = '' } = freight.metadata;
  const body = { alias, metadata: { resourceVersion, labels: { [labels.alias]: alias } } };
  await client.patch(Freight, { namespace: project, name }, { type: 'merge', body }, { signal });
  return old;
}

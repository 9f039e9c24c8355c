import { Freight, Stage, type Json, type Kind, type KubeObject } from '@kargo/api';
import { equal, retryOnConflict, type Client } from '@kargo/kube';
import type { Step, StepContext, StepPorts } from '../../step.ts';
import { list, object, text } from '../schema.ts';

interface MetadataUpdate {
  kind: 'Stage' | 'Freight';
  name: string;
  values: Record<string, Json>;
}

export interface SetMetadataConfig {
  updates: MetadataUpdate[];
}

/** Sets keys of `status.metadata` of Stages and Freight of the project; other keys stay. One update after the other. */
export const setMetadata: Step<SetMetadataConfig> = {
  name: 'set-metadata',
  workspace: 'none',
  configSchema: object(
    {
      updates: list(
        object(
          {
            kind: { type: 'string', description: 'Kind of the resource.', enum: ['Stage', 'Freight'] },
            name: text('Name of the resource.'),
            values: {
              type: 'object',
              description: 'What to set, by key. A key that exists is replaced as a whole.',
              minProperties: 1,
              additionalProperties: true,
            },
          },
          ['kind', 'name', 'values'],
        ),
        'What to set, on which resources.',
        { minItems: 1 },
      ),
    },
    ['updates'],
    { title: 'SetMetadataConfig' },
  ),

  async run(context, ports) {
    for (const update of context.config.updates) {
      if (update.kind === 'Stage') await upsert(Stage, update, context, ports);
      else await upsert(Freight, update, context, ports);
    }
    return { status: 'Succeeded' };
  },
};

interface WithMetadata extends KubeObject {
  status?: { metadata?: Record<string, unknown> | undefined } | undefined;
}

async function upsert<T extends WithMetadata>(
  kind: Kind<T>,
  { name, values }: MetadataUpdate,
  { project, signal }: Pick<StepContext<unknown>, 'project' | 'signal'>,
  { client, clock, random }: StepPorts,
): Promise<void> {
  try {
    await retryOnConflict(() => write(client, kind, { namespace: project, name }, values, signal), { clock, random, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`could not set metadata of ${kind.kind} "${name}" in project "${project}": ${why}`, { cause: error });
  }
}

/** Replaces the status as a whole, since a merge patch would merge values and drop nulls in them. */
async function write<T extends WithMetadata>(
  client: Client,
  kind: Kind<T>,
  key: { namespace: string; name: string },
  values: Record<string, Json>,
  signal: AbortSignal,
): Promise<void> {
  const found = await client.get(kind, key, { signal });
  const before = found.status?.metadata;
  const metadata = { ...before, ...values };
  if (before !== undefined && equal(before, metadata)) return;
  await client.updateStatus(kind, { ...found, status: { ...found.status, metadata } }, { signal });
}

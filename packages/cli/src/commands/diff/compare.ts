import type { ApiClient } from '../../client/api-client.ts';
import { textAt, valueAt, type ApiObject } from '../../client/objects.ts';
import { CLIError } from '../../cli-error.ts';
import { defineCommand } from '../../command.ts';
import { nameOf, outputFlags, projectFlags, type OutputOptions, type ProjectOptions } from '../../flags.ts';
import type { CLIIO } from '../../io.ts';
import { printObject } from '../../output/print-objects.ts';
import { renderTable, type Column } from '../../output/table.ts';
import { artifactsOf, compareArtifacts, type Artifact, type ArtifactDiff } from './artifacts.ts';
import { comparing } from './differences.ts';

interface Options extends ProjectOptions, OutputOptions {
  freight?: string;
}

/** One side of a comparison. */
interface Side {
  what: string;
  artifacts: readonly Artifact[];
}

/** `kargo diff freight FROM TO`, by name or alias. */
export const diffFreight = defineCommand<Options>({
  usage: '<FROM> <TO>',
  configure: (command) => outputFlags(projectFlags(command)),
  run: ({ args: [from = '', to = ''], options, context }) =>
    comparing(async () => {
      const project = await context.project(options);
      const api = await context.api(options);
      const sides = [await freightSide(api, project, from), await freightSide(api, project, to)] as const;
      return show(context.io, sides, options);
    }),
});

/** `kargo diff stage STAGE OTHER`, or `kargo diff stage STAGE --freight FREIGHT`. */
export const diffStage = defineCommand<Options>({
  usage: '<STAGE> [OTHER_STAGE]',
  configure: (command) =>
    outputFlags(projectFlags(command)).option('--freight <name>', 'compare with this Freight, by name or alias, instead'),
  run: ({ args: [one = '', other], options, context }) =>
    comparing(async () => {
      if ((other === undefined) === (options.freight === undefined))
        throw new CLIError('Usage', 'give either another Stage or --freight to compare with');
      const project = await context.project(options);
      const api = await context.api(options);
      const stage = await stageOf(api, project, one);
      if (other !== undefined)
        return show(context.io, [stageSide(stage), stageSide(await stageOf(api, project, other))], options);
      const freight = await freightOf(api, project, options.freight ?? '');
      return show(context.io, [stageSide(stage, originOf(freight)), sideOf(freight)], options);
    }),
});

function stageOf(api: ApiClient, project: string, name: string): Promise<ApiObject> {
  return api.call('GET', ['projects', project, 'stages', nameOf(name)], { operation: 'get stage' });
}

function freightOf(api: ApiClient, project: string, name: string): Promise<ApiObject> {
  return api.call('GET', ['projects', project, 'freight', name], { operation: 'get freight' });
}

async function freightSide(api: ApiClient, project: string, name: string): Promise<Side> {
  return sideOf(await freightOf(api, project, name));
}

function sideOf(freight: ApiObject): Side {
  const { name = '', labels } = freight.metadata;
  const alias = textAt(freight, 'alias') || (labels?.['kargo.akuity.io/alias'] ?? '');
  return { what: `Freight ${alias === '' ? name : `${alias} (${name.slice(0, 7)})`}`, artifacts: artifactsOf(freight) };
}

/** What a Stage runs: all of it, or only what came from one origin. */
function stageSide(stage: ApiObject, origin?: string): Side {
  const items = (valueAt(stage, 'status', 'freightHistory', '0', 'items') ?? {}) as Record<string, unknown>;
  const shown = Object.entries(items).filter(([from]) => origin === undefined || from === origin);
  return {
    what: `Stage ${stage.metadata.name ?? ''}`,
    artifacts: shown.flatMap(([, freight]) => artifactsOf(freight)),
  };
}

function originOf(freight: ApiObject): string {
  return `${textAt(freight, 'origin', 'kind')}/${textAt(freight, 'origin', 'name')}`;
}

async function show(io: CLIIO, [before, after]: readonly [Side, Side], options: OutputOptions): Promise<boolean> {
  const artifacts = compareArtifacts(before.artifacts, after.artifacts);
  const comparison = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'ArtifactComparison',
    metadata: {},
    from: before.what,
    to: after.what,
    artifacts,
  };
  const columns: Column<ArtifactDiff>[] = [
    { header: 'KIND', cell: ({ kind }) => kind },
    { header: 'SOURCE', cell: ({ source }) => source },
    { header: before.what.toUpperCase(), cell: ({ from }) => from ?? '-' },
    { header: after.what.toUpperCase(), cell: ({ to }) => to ?? '-' },
    { header: 'CHANGE', cell: ({ change }) => change },
  ];
  await printObject(io, comparison as unknown as ApiObject, options, () => renderTable(artifacts, columns, { headers: true }));
  return artifacts.some(({ change }) => change !== 'unchanged');
}

import type { ApiClient } from '../client/api-client.ts';
import { withType } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import type { PromotionPreview } from '@kargo/promotion';
import { CLIError, failWithAll } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { nameOf, outputFlags, projectFlags, timeoutOf, waitFlags } from '../flags.ts';
import type { OutputOptions, ProjectOptions, WaitOptions } from '../flags.ts';
import type { CLIIO } from '../io.ts';
import { kargoName, qualifiedName } from '../output/names.ts';
import { printObject } from '../output/print-objects.ts';
import { waitForPromotions } from './promote-wait.ts';

interface Options extends ProjectOptions, OutputOptions, WaitOptions {
  freight?: string;
  freightAlias?: string;
  warehouse?: string;
  stage?: string;
  downstreamFrom?: string;
  abort?: boolean;
  name?: string;
  dryRun?: boolean;
  preview?: boolean;
  plan?: string;
}

/** What was created: Promotions, or PromotionRequests for Stages with targets. */
interface Created {
  objects: readonly ApiObject[];
  /** Joined messages of the Stages that could not be promoted to. */
  errors: string;
}

/** `kargo promote`: to a Stage or to all Stages downstream from one; or aborts a Promotion. */
export const promote = defineCommand<Options>({
  configure: (command) =>
    waitFlags(outputFlags(projectFlags(command)), 'the Promotion to end, and fail unless it succeeds')
      .option('--freight <name>', 'the Freight, by name')
      .option('--freight-alias <alias>', 'the Freight, by alias')
      .option('--warehouse <warehouse>', 'the Freight that auto-promotion would choose of this Warehouse')
      .option('--stage <stage>', 'the Stage to promote to')
      .option('--downstream-from <stage>', 'promote to all Stages immediately downstream from this one')
      .option('--abort', 'abort the Promotion given by --name')
      .option('--name <promotion>', 'the Promotion to abort')
      .option('--dry-run', 'show what the Promotion would do, and do nothing; fail if it would fail')
      .option('--preview', 'the same as --dry-run')
      .option('--plan <file>', 'with --dry-run, where to keep the plan; without, the plan to carry out exactly or not at all'),
  run: async ({ options, context }) => {
    const planned = await plannedPromotion(context.io, options);
    const project = planned === undefined ? await context.project(options) : await projectOfPlan(context, options, planned);
    if (options.abort === true || options.name !== undefined) {
      await abort(context.io, await context.api(options), project, options);
      return;
    }
    const timeoutMs = await timeoutOf(options);
    const isPreview = options.dryRun === true || options.preview === true;
    if (isPreview || options.plan === undefined) checkSelectors(options);
    if (isPreview) {
      await dryRun(context, project, options);
      return;
    }
    const api = await context.api(options);
    const { objects, errors } = planned === undefined ? await create(api, project, options) : await carryOut(api, planned);
    const shown =
      options.wait === true ? await announceAndWait(context.io, api, { project, objects, timeoutMs, options }) : undefined;
    for (const object of shown?.objects ?? objects)
      if (shown === undefined || options.output !== undefined || options.template !== undefined)
        await printObject(context.io, object, options, () => createdLine(object));
    failWithAll([...(errors === '' ? [] : [new CLIError('Several', errors)]), ...(shown?.failures ?? [])]);
  },
});

/** With `--wait` the names come first, so that a person sees what is being waited for; objects are printed as they ended. */
async function announceAndWait(
  io: CLIIO,
  api: ApiClient,
  {
    project,
    objects,
    timeoutMs,
    options,
  }: { project: string; objects: readonly ApiObject[]; timeoutMs: number | undefined; options: Options },
): Promise<{ objects: readonly ApiObject[]; failures: unknown[] }> {
  if (options.output === undefined && options.template === undefined)
    for (const object of objects) io.stdout.write(createdLine(object));
  return waitForPromotions(io, api, { project, objects, timeoutMs });
}

async function dryRun(context: CommandContext, project: string, options: Options): Promise<void> {
  if ((options.downstreamFrom ?? '') !== '') throw new CLIError('Usage', '--dry-run needs --stage: it shows one promotion');
  if (options.wait === true) throw new CLIError('Usage', '--dry-run and --wait exclude each other');
  const { showPreview } = await import('./promote-preview.ts');
  await showPreview(context.io, await context.api(options), {
    path: ['projects', project, 'stages', nameOf(options.stage ?? ''), 'promotions'],
    selector: selectorOf(options),
    plan: options.plan,
    options,
  });
}

/** The plan that is to be carried out, if one is. */
async function plannedPromotion(io: CLIIO, options: Options): Promise<PromotionPreview | undefined> {
  const { plan, abort: aborts, name, dryRun: dry, preview } = options;
  if (plan === undefined || aborts === true || name !== undefined || dry === true || preview === true) return undefined;
  const given = [options.freight, options.freightAlias, options.warehouse, options.downstreamFrom];
  if (given.some((value) => (value ?? '') !== ''))
    throw new CLIError('Usage', 'a plan says what is promoted: --plan takes no flags about Freight without --dry-run');
  const { readPlan } = await import('./promote-preview.ts');
  return readPlan(io, plan);
}

/** A plan names its project: nobody has to say it again. One that is for another project than somebody has said is refused. */
async function projectOfPlan(context: CommandContext, options: Options, plan: PromotionPreview): Promise<string> {
  const differs = (flag: string | undefined, planned: string): boolean => flag !== undefined && nameOf(flag) !== planned;
  const configured = await context.project(options).catch((error: unknown) => {
    if (error instanceof CLIError) return undefined;
    throw error;
  });
  if (differs(options.stage, plan.stage) || differs(configured, plan.project))
    throw new CLIError('Usage', `the plan is for Stage ${plan.stage} of project ${plan.project}`);
  return plan.project;
}

async function carryOut(api: ApiClient, plan: PromotionPreview): Promise<Created> {
  const { applyPlan } = await import('./promote-preview.ts');
  return { objects: [await applyPlan(api, plan)], errors: '' };
}

function selectorOf({ freight = '', freightAlias = '', warehouse = '' }: Options): Record<string, string> {
  return { freight, freightAlias, origin: warehouse === '' ? '' : `Warehouse/${nameOf(warehouse)}` };
}

async function abort(io: CLIIO, api: ApiClient, project: string, { abort: wanted, name = '' }: Options): Promise<void> {
  if (wanted !== true) throw new CLIError('Usage', '--name is only for --abort');
  if (name === '') throw new CLIError('Usage', 'name is required to abort a promotion');
  await api.call('POST', ['projects', project, 'promotions', nameOf(name), 'abort'], { operation: 'abort promotion' });
  io.stdout.write(`${kargoName('promotion', nameOf(name))} abort requested\n`);
}

function checkSelectors({ freight, freightAlias, warehouse, stage, downstreamFrom }: Options): void {
  const given = [freight, freightAlias, warehouse].filter((value) => (value ?? '') !== '').length;
  if (given !== 1) throw new CLIError('Usage', 'exactly one of --freight, --freight-alias and --warehouse is required');
  if (((stage ?? '') === '') === ((downstreamFrom ?? '') === ''))
    throw new CLIError('Usage', 'exactly one of --stage and --downstream-from is required');
  if ((warehouse ?? '') !== '' && (downstreamFrom ?? '') !== '')
    throw new CLIError('Usage', '--warehouse cannot be combined with --downstream-from');
}

async function create(api: ApiClient, project: string, options: Options): Promise<Created> {
  const { freight = '', freightAlias = '', stage = '', downstreamFrom = '' } = options;
  const path = ['projects', project, 'stages', nameOf(stage || downstreamFrom), 'promotions'];
  if (stage !== '') {
    const created = await api.call<ApiObject>('POST', path, { json: selectorOf(options) });
    return { objects: [withType(created, 'Promotion')], errors: '' };
  }
  const answer = await api.call<{ promotions?: ApiObject[]; promotionRequests?: ApiObject[]; errors?: string }>(
    'POST',
    [...path, 'downstream'],
    { json: { freight, freightAlias } },
  );
  return {
    objects: [
      ...(answer.promotions ?? []).map((object) => withType(object, 'Promotion')),
      ...(answer.promotionRequests ?? []).map((object) => withType(object, 'PromotionRequest')),
    ],
    errors: answer.errors ?? '',
  };
}

function createdLine(object: ApiObject): string {
  return `${qualifiedName(object)} ${object.kind === 'Promotion' ? 'promotion' : 'promotion request'} created\n`;
}

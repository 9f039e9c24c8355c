import {
  analysisRunName,
  annotations,
  ApiError,
  apiVersionOf,
  AnalysisRun,
  Freight,
  freightNames,
  labels,
  shortenLabel,
  type FreightCollection,
  type FreightRequest,
  type Json,
  type OwnerReference,
  type Stage,
  type Variable,
} from '@kargo/api';
import { resolveArguments, type StageArgument } from './analysis-arguments.ts';
import { expandTemplates, mergeTemplates, VerificationBuildError, type FindTemplate } from './flatten-templates.ts';

/** Annotation of an AnalysisRun that was asked for: the id of the verification that it repeats. */
export const REVERIFY_OF = 'kargo.akuity.io/reverify';

/** What expressions in arguments of verifications can see. */
export interface ArgumentEnvironment {
  project: string;
  stage: string;
  /** Variables of the Stage, as they stand there. */
  vars: readonly Variable[];
  freight: FreightCollection;
  freightRequests: readonly FreightRequest[];
}

export interface BuildAnalysisRunDeps {
  findTemplate: (project: string, ...reference: Parameters<FindTemplate>) => ReturnType<FindTemplate>;
  getFreight: (project: string, name: string) => Promise<Freight | undefined>;
  /** Evaluates a template text like `${{ ctx.stage }}`. Fails on a bad expression. */
  evaluateArg: (text: string, environment: ArgumentEnvironment) => Promise<Json | undefined>;
  /** A new ULID, greater than all before. */
  ulid: () => string;
  /** Set if the analysis controller only handles runs of an instance. */
  instanceId?: string | undefined;
}

/** What a run is for. */
export interface RunPurpose {
  stage: Stage;
  collection: FreightCollection;
  /** The Promotion that led to it, if it is to be named. */
  promotion?: string | undefined;
  /** Id of the verification that is repeated. */
  reverifies?: string | undefined;
}

/** The AnalysisRun that verifies a collection of Freight in a Stage. Fails with {@link VerificationBuildError} if there can be none. */
export async function buildAnalysisRun(deps: BuildAnalysisRunDeps, purpose: RunPurpose): Promise<AnalysisRun> {
  const { stage, collection } = purpose;
  const { name = '', namespace: project = '' } = stage.metadata;
  if (collection.id === '') throw new VerificationBuildError('FreightMissing', 'the collection of Freight to verify has no id');
  const references = stage.spec.verification?.analysisTemplates ?? [];
  const templates = await expandTemplates(references, (reference) => deps.findTemplate(project, reference));
  const { args: templateArgs = [], ...merged } = mergeTemplates(templates);
  const args = resolveArguments(templateArgs, await evaluateArguments(deps, purpose), stage);
  return {
    apiVersion: apiVersionOf(AnalysisRun),
    kind: AnalysisRun.kind,
    metadata: {
      namespace: project,
      name: analysisRunName(name, deps.ulid(), collection.id),
      labels: runLabels(purpose, deps.instanceId),
      annotations: runAnnotations(purpose),
      ownerReferences: await owners(deps, project, collection),
    },
    spec: { ...merged, ...(args.length === 0 ? {} : { args }) },
  };
}

async function evaluateArguments(
  { evaluateArg }: BuildAnalysisRunDeps,
  { stage, collection }: RunPurpose,
): Promise<StageArgument[]> {
  const environment: ArgumentEnvironment = {
    project: stage.metadata.namespace ?? '',
    stage: stage.metadata.name ?? '',
    vars: stage.spec.vars ?? [],
    freight: collection,
    freightRequests: stage.spec.requestedFreight,
  };
  const out: StageArgument[] = [];
  for (const { name, value } of stage.spec.verification?.args ?? []) {
    try {
      out.push({ name, value: await evaluateArg(value, environment) });
    } catch (cause) {
      if (mayPass(cause)) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new VerificationBuildError('ArgumentInvalid', `args.${name} cannot be evaluated: ${why}`, { cause });
    }
  }
  return out;
}

/** Whether the failure lies with the API and may be gone the next time. */
function mayPass(error: unknown): boolean {
  if (error instanceof ApiError) return error.code >= 500 || error.code === 429;
  return error instanceof Error && error.cause !== undefined && mayPass(error.cause);
}

function runLabels({ stage, collection }: RunPurpose, instanceId: string | undefined): Record<string, string> {
  return {
    ...stage.spec.verification?.analysisRunMetadata?.labels,
    [labels.stage]: shortenLabel(stage.metadata.name ?? ''),
    [labels.freightCollection]: collection.id,
    ...(instanceId === undefined || instanceId === '' ? {} : { [labels.analysisControllerInstanceID]: instanceId }),
  };
}

function runAnnotations({ stage, promotion, reverifies }: RunPurpose): Record<string, string> {
  const name = stage.metadata.name ?? '';
  return {
    ...stage.spec.verification?.analysisRunMetadata?.annotations,
    ...(shortenLabel(name) === name ? {} : { [annotations.stage]: name }),
    ...(promotion === undefined ? {} : { [annotations.promotion]: promotion }),
    ...(reverifies === undefined ? {} : { [REVERIFY_OF]: reverifies }),
  };
}

async function owners(
  { getFreight }: BuildAnalysisRunDeps,
  project: string,
  collection: FreightCollection,
): Promise<OwnerReference[]> {
  const out: OwnerReference[] = [];
  for (const name of freightNames(collection)) {
    const freight = await getFreight(project, name);
    if (freight === undefined) {
      throw new VerificationBuildError(
        'FreightMissing',
        `Freight ${name}, which is to be verified, does not exist in Project ${project}`,
      );
    }
    const uid = freight.metadata.uid ?? '';
    out.push({ apiVersion: apiVersionOf(Freight), kind: Freight.kind, name, uid, blockOwnerDeletion: false });
  }
  return out;
}

import { type FieldError, type FreightRequest, originKey, Stage, Warehouse } from '@kargo/api';
import { type AdmissionRequest, type AdmissionRules, equal, type Reader } from '@kargo/kube';
import { verificationOddities } from './analysis-template.ts';
import { type AdmissionDeps, find } from './deps.ts';
import { duplicate, invalidValue, required } from './field-errors.ts';
import { projectProblems } from './project-check.ts';
import { enrichVerificationRequests } from './requests.ts';
import { syncShardLabel } from './shard-label.ts';
import { stepProblems, stepWarnings, variableListProblems } from './step-rules.ts';
import type { Process } from '@kargo/promotion';

type StageDeps = Pick<AdmissionDeps, 'client' | 'isControlPlane' | 'steps' | 'checker'>;

const TEMPLATE = 'spec.promotionTemplate.spec';

/** Rules of Stages. What a stored Stage already says is not held against it: only new or changed specs are checked. */
export function stageRules(deps: StageDeps): AdmissionRules<Stage> {
  const warnings = new WeakMap<AdmissionRequest<Stage>, string[]>();
  return {
    kind: Stage,
    operations: ['CREATE', 'UPDATE'],
    mutate(request) {
      syncShardLabel(request.object, request.object.spec.shard);
      enrichVerificationRequests(request, deps.isControlPlane(request.user));
    },
    async validate(request) {
      const { object, old, operation } = request;
      const problems = operation === 'CREATE' ? await projectProblems(deps.client, object) : [];
      if (old !== undefined && equal(old.spec, object.spec)) return problems;
      const steps = stepWarnings(deps, processOf(object), TEMPLATE);
      warnings.set(request, [
        ...(await oddities(deps.client, object)),
        ...(await verificationOddities(deps.client, object)),
        ...steps,
      ]);
      return [...problems, ...specProblems(deps, object)];
    },
    warnings: (request) => warnings.get(request) ?? [],
  };
}

function specProblems(deps: StageDeps, stage: Stage): FieldError[] {
  const { requestedFreight, vars, verification } = stage.spec;
  return [
    ...originProblems(requestedFreight),
    ...requestedFreight.flatMap((request, index) =>
      requestProblems(request, stage.metadata.name ?? '', `spec.requestedFreight[${index}]`),
    ),
    ...stepProblems(deps, processOf(stage), TEMPLATE),
    ...variableListProblems(deps, vars, { path: 'spec.vars', level: 'promotion', known: [] }),
    ...variableListProblems(deps, verification?.args, {
      path: 'spec.verification.args',
      level: 'verification',
      known: (vars ?? []).map(({ name }) => name),
    }),
  ];
}

/** What a promotion to the Stage does. */
function processOf({ spec }: Stage): Process {
  const { steps = [], vars } = spec.promotionTemplate?.spec ?? {};
  return { kind: 'stage', steps, vars, knownVars: (spec.vars ?? []).map(({ name }) => name) };
}

function originProblems(requests: readonly FreightRequest[]): FieldError[] {
  const counts = new Map<string, number>();
  return requests.flatMap(({ origin }, index) => {
    const key = originKey(origin);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count === 2
      ? [duplicate(`spec.requestedFreight[${index}].origin`, key, `Freight of ${key} is requested multiple times`)]
      : [];
  });
}

function requestProblems({ sources }: FreightRequest, name: string, path: string): FieldError[] {
  const { direct = false, stages = [], requiredSoakTime, autoPromotionOptions } = sources;
  const out: FieldError[] = [];
  if (!direct && stages.length === 0)
    out.push(required(`${path}.sources`, 'no Freight can ever arrive: set direct, or name upstream Stages in stages'));
  stages.forEach((upstream, index) => {
    if (upstream === name)
      out.push(invalidValue(`${path}.sources.stages[${index}]`, upstream, 'a Stage cannot be its own upstream'));
  });
  if (requiredSoakTime !== undefined && direct && stages.length === 0)
    out.push(
      invalidValue(
        `${path}.sources.requiredSoakTime`,
        requiredSoakTime,
        'Freight straight from its origin soaks nowhere: remove this, or name upstream Stages',
      ),
    );
  if (autoPromotionOptions?.selectionPolicy === 'MatchUpstream') {
    const field = `${path}.sources.autoPromotionOptions.selectionPolicy`;
    if (direct) out.push(invalidValue(field, 'MatchUpstream', 'cannot be used with direct sources'));
    if (stages.length !== 1) out.push(invalidValue(field, 'MatchUpstream', 'needs exactly one upstream Stage'));
  }
  return out;
}

/** What is allowed but will not work as things are. */
async function oddities(client: Pick<Reader, 'get'>, { metadata, spec }: Stage): Promise<string[]> {
  const { namespace, name: self } = metadata;
  const out: string[] = [];
  for (const { origin, sources } of spec.requestedFreight) {
    if ((await find(client, Warehouse, { namespace, name: origin.name })) === undefined)
      out.push(`there is no Warehouse ${origin.name} yet: its Freight cannot arrive before there is`);
    for (const upstream of sources.stages ?? []) {
      if (upstream === self) continue;
      const stage = await find(client, Stage, { namespace, name: upstream });
      if (stage === undefined) {
        out.push(`there is no Stage ${upstream} yet: Freight of ${originKey(origin)} cannot arrive through it before there is`);
      } else if (!stage.spec.requestedFreight.some((request) => originKey(request.origin) === originKey(origin))) {
        out.push(`Stage ${upstream} does not request Freight of ${originKey(origin)}: none can arrive through it`);
      } else if (await leadsTo(client, stage, originKey(origin), self ?? '')) {
        out.push(`Stage ${upstream} takes Freight of ${originKey(origin)} from this Stage in turn: they wait for each other`);
      }
    }
  }
  return out;
}

/** Whether the only way of an origin's Freight into `stage` leads through the Stage named `target`. */
async function leadsTo(client: Pick<Reader, 'get'>, stage: Stage, origin: string, target: string): Promise<boolean> {
  const seen = new Set<string>();
  let open: Stage[] = [stage];
  let isReached = false;
  while (open.length > 0) {
    const next: Stage[] = [];
    for (const { metadata, spec } of open) {
      seen.add(metadata.name ?? '');
      const sources = spec.requestedFreight.find((request) => originKey(request.origin) === origin)?.sources;
      if (sources?.direct === true) return false;
      for (const name of sources?.stages ?? []) {
        if (name === target) isReached = true;
        else if (!seen.has(name)) {
          const upstream = await find(client, Stage, { namespace: metadata.namespace, name });
          if (upstream !== undefined) next.push(upstream);
        }
      }
    }
    open = next;
  }
  return isReached;
}

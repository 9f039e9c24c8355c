import {
  annotations,
  apiVersionOf,
  type FieldError,
  forbidden,
  Freight,
  invalid,
  keyOf,
  kubernetesActor,
  labels,
  originKey,
  Promotion,
  promotionName,
  PromotionRequest,
  shortenLabel,
  Stage,
  type StageSpec,
} from '@kargo/api';
import { type AdmissionRequest, type AdmissionRules, equal } from '@kargo/kube';
import { availabilityMessage, isFreightAvailable } from '../availability/availability.ts';
import { autoPromotionCandidate } from '../availability/candidate.ts';
import { promotionFacts } from '../events/facts.ts';
import { isUserInitiated, stampIntent } from './auto-promotion-intent.ts';
import { type AdmissionDeps, find } from './deps.ts';
import { forbiddenField, invalidValue, notFoundValue } from './field-errors.ts';
import { inflateSteps } from './inflate-steps.ts';
import { projectProblems } from './project-check.ts';
import { enrichAbortRequest } from './requests.ts';
import { setAnnotation, setLabel, syncShardLabel } from './shard-label.ts';

type PromotionDeps = Pick<AdmissionDeps, 'client' | 'clock' | 'authorizer' | 'ulid' | 'isControlPlane' | 'events'>;

/** Rules of Promotions: who may promote, and what a Promotion is made of. */
export function promotionRules(deps: PromotionDeps): AdmissionRules<Promotion> {
  return {
    kind: Promotion,
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    mutate: (request) => (request.operation === 'CREATE' ? mutateNew(deps, request) : mutateKnown(deps, request)),
    async validate(request) {
      await mustBeAllowed(deps, request);
      if (request.operation === 'CREATE') return createProblems(deps, request.object);
      if (request.operation === 'UPDATE' && request.old !== undefined && !equal(request.object.spec, request.old.spec))
        return [forbiddenField('spec', 'spec is immutable: create another Promotion')];
      return [];
    },
    after: (request) => announce(deps, request),
  };
}

async function mutateNew(deps: PromotionDeps, request: AdmissionRequest<Promotion>): Promise<void> {
  const { object, user } = request;
  const { namespace = '' } = object.metadata;
  const isControlPlane = deps.isControlPlane(user);
  const stage = await stageOf(deps, object);
  await resolveOrigin(deps, object, stage);
  object.metadata.name = promotionName(object.spec.stage, object.spec.freight ?? '', deps.ulid(), object.spec.target);
  if (!isControlPlane) setAnnotation(object, annotations.createActor, kubernetesActor(user.username));
  enrichAbortRequest(request, isControlPlane);
  const vars = [...(stage.spec.vars ?? []), ...(stage.spec.promotionTemplate?.spec.vars ?? [])];
  const steps = templateSteps(object, stage);
  const inflation = await inflateSteps(deps.client, namespace, steps, vars);
  if (inflation.kind === 'refused') throw invalid(Promotion, object.metadata.name, inflation.problems);
  object.spec.steps = inflation.steps;
  if (vars.length === 0) delete object.spec.vars;
  else object.spec.vars = vars;
  if (isUserInitiated(object, isControlPlane)) await stampIntent(deps.client, object, stage, deps.clock.now());
  tie(object, stage);
}

async function mutateKnown({ client, isControlPlane }: PromotionDeps, request: AdmissionRequest<Promotion>): Promise<void> {
  const { object, old, user } = request;
  for (const frozen of [
    annotations.createActor,
    annotations.autoPromotionHold,
    annotations.autoPromotionResume,
    annotations.plan,
  ])
    setAnnotation(object, frozen, old?.metadata.annotations?.[frozen]);
  enrichAbortRequest(request, isControlPlane(user));
  // A Promotion may outlive its Stage for a moment; what is left to do with it then must not fail for that.
  const stage = await find(client, Stage, { namespace: object.metadata.namespace, name: object.spec.stage });
  if (stage !== undefined) tie(object, stage);
}

/** Labels, annotation and owner that lead from the Promotion to its Stage. */
function tie(promotion: Promotion, stage: Stage): void {
  syncShardLabel(promotion, stage.spec.shard);
  setLabel(promotion, labels.stage, shortenLabel(promotion.spec.stage));
  setAnnotation(promotion, annotations.stage, promotion.spec.stage);
  const owners = promotion.metadata.ownerReferences ?? [];
  if (owners.some(({ controller, kind }) => controller === true && kind === PromotionRequest.kind)) return;
  const { name = '', uid = '' } = stage.metadata;
  const owner = { apiVersion: apiVersionOf(Stage), kind: Stage.kind, name, uid, controller: true, blockOwnerDeletion: true };
  promotion.metadata.ownerReferences = [...owners.filter(({ controller }) => controller !== true), owner];
}

async function stageOf({ client }: PromotionDeps, { metadata, spec }: Promotion): Promise<Stage> {
  const stage = await find(client, Stage, { namespace: metadata.namespace, name: spec.stage });
  if (stage !== undefined) return stage;
  const problem = notFoundValue('spec.stage', spec.stage, `there is no such Stage in Project ${metadata.namespace ?? ''}`);
  throw invalid(Promotion, metadata.name ?? '', [problem]);
}

function templateSteps(
  promotion: Promotion,
  stage: Stage,
): NonNullable<NonNullable<StageSpec['promotionTemplate']>['spec']['steps']> {
  const steps = stage.spec.promotionTemplate?.spec.steps ?? [];
  if (steps.length > 0) return steps;
  const problem = invalidValue('spec.stage', promotion.spec.stage, `Stage ${promotion.spec.stage} defines no promotion steps`);
  throw invalid(Promotion, promotion.metadata.name ?? '', [problem]);
}

/** Puts the Freight that automation would choose in the place of an origin. */
async function resolveOrigin({ client, clock }: PromotionDeps, promotion: Promotion, stage: Stage): Promise<void> {
  const { origin, freight } = promotion.spec;
  if (origin === undefined || (freight ?? '') !== '') return;
  const { items } = await client.list(Freight, { namespace: promotion.metadata.namespace });
  const candidate = autoPromotionCandidate(stage, originKey(origin), items, clock.now());
  if (candidate.kind === 'none') {
    const problem = invalidValue('spec.origin', originKey(origin), `no auto-promotion candidate: ${candidate.message}`);
    throw invalid(Promotion, promotion.metadata.name ?? '', [problem]);
  }
  promotion.spec.freight = candidate.freight.metadata.name ?? '';
  delete promotion.spec.origin;
}

/** Parts of Kubernetes that take away what belongs to nothing any more. */
const CLEANERS: ReadonlySet<string> = new Set([
  'system:serviceaccount:kube-system:generic-garbage-collector',
  'system:serviceaccount:kube-system:namespace-controller',
  'system:kube-controller-manager',
]);

async function mustBeAllowed(
  { authorizer }: PromotionDeps,
  { object, user, operation }: AdmissionRequest<Promotion>,
): Promise<void> {
  if (operation !== 'CREATE' && CLEANERS.has(user.username)) return;
  const { namespace } = object.metadata;
  const { stage } = object.spec;
  const access = { verb: 'promote', group: Stage.group, resource: Stage.plural, namespace, name: stage };
  const { allowed } = await authorizer.authorize(user, access);
  if (allowed) return;
  throw forbidden(
    Promotion,
    keyOf(object),
    `user "${user.username}" may not ${operation.toLowerCase()} Promotions to Stage ${stage}: it lacks the verb "promote" on stages.${Stage.group} "${stage}" in Project ${namespace ?? ''}`,
  );
}

async function createProblems({ client, clock }: PromotionDeps, promotion: Promotion): Promise<FieldError[]> {
  const out = await projectProblems(client, promotion);
  const { namespace } = promotion.metadata;
  const { freight: name = '', stage: stageName } = promotion.spec;
  if (name === '') return out;
  const freight = await find(client, Freight, { namespace, name });
  if (freight === undefined)
    return [...out, notFoundValue('spec.freight', name, `there is no such Freight in Project ${namespace ?? ''}`)];
  const stage = await find(client, Stage, { namespace, name: stageName });
  if (stage === undefined) return out;
  const availability = isFreightAvailable(stage, freight, clock.now());
  if (!availability.available)
    out.push(invalidValue('spec.freight', name, `Freight is not available to this Stage: ${availabilityMessage(availability)}`));
  return out;
}

async function announce({ client, events, isControlPlane }: PromotionDeps, request: AdmissionRequest<Promotion>): Promise<void> {
  const { operation, object, user } = request;
  if (operation !== 'CREATE' || isControlPlane(user)) return;
  const actor = kubernetesActor(user.username);
  const freight = await find(client, Freight, { namespace: object.metadata.namespace, name: object.spec.freight ?? '' });
  await events.promotion.record({
    kind: Promotion,
    about: object,
    reason: 'PromotionCreated',
    message: `Promotion created for Stage ${object.spec.stage} by ${actor}`,
    facts: promotionFacts(object, { freight, actor }),
    related: { kind: Freight, name: object.spec.freight ?? '' },
    occurrence: 'created',
  });
}

import {
  annotations,
  Freight,
  isControlFlowStage,
  originKey,
  promotionName,
  Promotion,
  Stage,
  type FreightOrigin,
  type PromotionStep,
} from '@kargo/api';
import { autoPromotionCandidate, collectFreight, freightReferenceOf, inflateSteps } from '@kargo/controllers';
import { basisDifferences, planAnnotation, PREVIEW_KIND, type PreviewBasis, type PromotionPreview } from '@kargo/promotion';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteQuestion } from '../audit/audit-requests.ts';
import { createPromotion } from '../freight/create-promotion.ts';
import { findFreight } from '../freight/find-freight.ts';
import { badRequest, HttpError } from '../http/http-error.ts';
import { param } from '../http/query.ts';
import { jsonBody } from '../http/request-body.ts';
import { wireOf } from '../http/wire.ts';
import type { Routes } from '../route.ts';
import { readOne } from '../objects.ts';
import type { Services } from '../services.ts';
import { parseOrigin, selection } from './promote.ts';
import { promotionGates } from './promotion-gates.ts';

/** Takes the place of what makes names of promotions unique, so that two previews of the same promotion are the same. */
const NO_ULID = '0'.repeat(26);
/** Previews at the same time: each of them clones and renders. */
const MAX_PREVIEWS = 4;
/** Milliseconds a preview may take. */
const TIME_LIMIT = 5 * 60_000;
/** Bytes of a plan. */
const MAX_PLAN = 64 * 1024 * 1024;

/** Shows what a promotion would do, and makes one that does exactly what was shown. */
export const promotionPreviewRoutes: Routes = (server, services) => {
  let running = 0;
  const preview = async (
    request: FastifyRequest,
    reply: FastifyReply,
    stage: Stage,
    freight: Freight,
  ): Promise<PromotionPreview> => {
    if (running >= MAX_PREVIEWS)
      throw new HttpError(503, `${MAX_PREVIEWS} previews are being made already; try again in a moment`);
    running += 1;
    try {
      return await makePreview(services, request, reply, stage, freight);
    } finally {
      running -= 1;
    }
  };

  server.post('/stages/:stage/promotions/preview', async (request, reply) => {
    noteQuestion(request);
    const wanted = selection(jsonBody(request), ['freight', 'freightAlias', 'origin']);
    const stage = await stageOf(services, request);
    const freight =
      wanted.field === 'origin'
        ? await candidateOf(services, request, stage, parseOrigin(wanted.value))
        : await findFreight(services.clientFor(request), param(request, 'project'), wanted);
    return preview(request, reply, stage, freight);
  });

  server.post('/stages/:stage/promotions/planned', { bodyLimit: MAX_PLAN }, async (request, reply) => {
    const basis = basisIn(jsonBody(request)['plan']);
    const stage = await stageOf(services, request);
    const project = param(request, 'project');
    const name = stage.metadata.name ?? '';
    if (basis.project !== project || basis.stage !== name)
      throw badRequest(`the plan is for Stage "${basis.stage}" of project "${basis.project}"`);
    const freight = await findFreight(services.clientFor(request), project, { field: 'freight', value: basis.freight });
    const now = await preview(request, reply, stage, freight);
    const obstacles = [
      ...now.gates.filter(({ blocking }) => blocking).map(({ message }) => message),
      ...basisDifferences(basis, now.basis),
    ];
    if (obstacles.length > 0)
      throw new HttpError(409, `the plan cannot be carried out as it is: ${obstacles.join('; ')}; make a new one`);
    const created = await createPromotion(services, request, { stage, freight, plan: planAnnotation(now.basis) });
    return reply.code(201).send(wireOf(request)(created));
  });
};

async function stageOf(services: Services, request: FastifyRequest): Promise<Stage> {
  if (services.config.preview === undefined)
    throw new HttpError(501, 'this server does not run promotions, so it cannot preview them');
  const key = { namespace: param(request, 'project'), name: param(request, 'stage') };
  const stage = await readOne(services.clientFor(request), Stage, key);
  // What a preview shows is read with the rights of the control plane: it is for those who may have it done.
  await services.require(request, 'promote', Stage, key);
  if (stage.spec.targets !== undefined)
    throw badRequest(`Stage "${key.name}" governs Targets; promoting to Targets is not supported by this server`);
  if (isControlFlowStage(stage)) throw badRequest(`Stage "${key.name}" defines no promotion steps`);
  return stage;
}

async function candidateOf(
  { config, clientFor }: Services,
  request: FastifyRequest,
  stage: Stage,
  origin: FreightOrigin,
): Promise<Freight> {
  const { items } = await clientFor(request).list(Freight, { namespace: stage.metadata.namespace });
  const candidate = autoPromotionCandidate(stage, originKey(origin), items, config.clock.now());
  if (candidate.kind === 'none') throw badRequest(`no auto-promotion candidate: ${candidate.message}`);
  return candidate.freight;
}

async function makePreview(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  stage: Stage,
  freight: Freight,
): Promise<PromotionPreview> {
  const { config, privileged } = services;
  const { namespace = '', name = '' } = stage.metadata;
  const target = freightReferenceOf(freight);
  const stop = new AbortController();
  const timer = config.clock.setTimer(config.clock.now() + TIME_LIMIT, () =>
    stop.abort(new HttpError(504, 'the preview took too long')),
  );
  const onClose = (): void => stop.abort(new Error('the caller is gone'));
  reply.raw.once('close', onClose);
  try {
    const made = await config.preview?.({
      promotion: {
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: Promotion.kind,
        metadata: {
          namespace,
          name: promotionName(name, target.name ?? '', NO_ULID),
          annotations: { [annotations.createActor]: services.actor(request) },
        },
        spec: { stage: name, freight: target.name ?? '', ...(await processOf(services, stage)) },
      },
      freight: collectFreight(stage, target),
      targetFreight: target,
      targetFreightAlias: freight.alias ?? '',
      freightRequests: stage.spec.requestedFreight,
      gates: await promotionGates(privileged, stage, freight, config.clock.now()),
      signal: stop.signal,
    });
    if (made === undefined) throw new Error('programmer error: previews are not configured');
    return made;
  } catch (error) {
    if (stop.signal.aborted) throw stop.signal.reason;
    throw error;
  } finally {
    timer.cancel();
    reply.raw.off('close', onClose);
  }
}

/** Steps and variables as admission would give them to a Promotion. */
async function processOf(
  { privileged }: Services,
  { metadata, spec }: Stage,
): Promise<Pick<Promotion['spec'], 'vars' | 'steps'>> {
  const template = spec.promotionTemplate?.spec;
  const steps: readonly PromotionStep[] = template?.steps ?? [];
  const vars = [...(spec.vars ?? []), ...(template?.vars ?? [])];
  const inflation = await inflateSteps(privileged, metadata.namespace ?? '', steps, vars);
  if (inflation.kind === 'refused')
    throw badRequest(inflation.problems.map(({ field, detail }) => `${field}: ${detail ?? ''}`).join('; '));
  return { steps: inflation.steps, ...(vars.length === 0 ? {} : { vars }) };
}

function basisIn(plan: unknown): PreviewBasis {
  const { kind, basis } = (typeof plan === 'object' && plan !== null ? plan : {}) as Partial<PromotionPreview>;
  const { version, project, stage, freight, heads, trees } = basis ?? {};
  const whole =
    version === 1 &&
    [project, stage, freight].every((text) => typeof text === 'string' && text !== '') &&
    [heads, trees].every((list) => Array.isArray(list) && list.every((item) => typeof item === 'object' && item !== null));
  if (kind !== PREVIEW_KIND || basis === undefined || !whole)
    throw badRequest(`plan must be a ${PREVIEW_KIND} with its basis, as a preview has it`);
  return basis;
}

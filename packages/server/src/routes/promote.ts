import { type Freight, isControlFlowStage, originKey, Promotion, type PromotionRequest, Stage } from '@kargo/api';
import { isFreightAvailable } from '@kargo/controllers';
import { findFreight } from '../freight/find-freight.ts';
import { createPromotion } from '../freight/create-promotion.ts';
import { createPromotionRequest } from '../freight/create-promotion-request.ts';
import { badRequest, HttpError, refusalOf } from '../http/http-error.ts';
import { param } from '../http/query.ts';
import { jsonBody, textField } from '../http/request-body.ts';
import { wireOf } from '../http/wire.ts';
import type { Routes } from '../route.ts';
import { readOne } from '../objects.ts';

/** Promotes Freight to a Stage, or to all Stages behind one. */
export const promoteRoutes: Routes = (server, services) => {
  const { clientFor, config } = services;

  server.post('/stages/:stage/promotions', async (request, reply) => {
    const namespace = param(request, 'project');
    const wanted = selection(jsonBody(request), ['freight', 'freightAlias', 'origin']);
    const client = clientFor(request);
    const stage = await readOne(client, Stage, { namespace, name: param(request, 'stage') });
    const name = stage.metadata.name ?? '';
    await services.require(request, 'promote', Stage, { namespace, name });
    const origin = wanted.field === 'origin' ? parseOrigin(wanted.value) : undefined;
    const hasTargets = stage.spec.targets !== undefined;
    if (hasTargets && origin !== undefined)
      throw badRequest(`Stage "${name}" governs Targets; name the Freight to be promoted to them instead of an origin`);
    let freight: Freight | undefined;
    if (origin === undefined) {
      freight = await findFreight(client, namespace, wanted);
      requireAvailable(stage, freight, config.clock.now(), 'Stage');
      if (hasTargets)
        return reply.code(201).send(wireOf(request)(await createPromotionRequest(services, request, { stage, freight })));
    }
    const created = await createPromotion(services, request, { stage, freight, origin });
    return reply.code(201).send(wireOf(request)(created));
  });

  server.post('/stages/:stage/promotions/downstream', async (request, reply) => {
    const namespace = param(request, 'project');
    const wanted = selection(jsonBody(request), ['freight', 'freightAlias']);
    const client = clientFor(request);
    const upstream = await readOne(client, Stage, { namespace, name: param(request, 'stage') });
    const upstreamName = upstream.metadata.name ?? '';
    const downstream = (await client.list(Stage, { namespace })).items.filter(({ spec }) =>
      spec.requestedFreight.some(({ sources }) => sources.stages?.includes(upstreamName) === true),
    );
    if (downstream.length === 0) throw new HttpError(404, `Stage "${upstreamName}" has no downstream stages`);
    for (const { metadata } of downstream) await services.require(request, 'promote', Stage, { namespace, name: metadata.name });
    await services.require(request, 'create', Promotion, { namespace });
    const freight = await findFreight(client, namespace, wanted);
    for (const stage of downstream) requireAvailable(stage, freight, config.clock.now(), 'downstream Stage');

    const promotions: Promotion[] = [];
    const requests: PromotionRequest[] = [];
    const errors: string[] = [];
    for (const stage of downstream.filter((each) => !isControlFlowStage(each))) {
      try {
        if (stage.spec.targets === undefined) promotions.push(await createPromotion(services, request, { stage, freight }));
        else requests.push(await createPromotionRequest(services, request, { stage, freight }));
      } catch (error) {
        errors.push(`Stage "${stage.metadata.name ?? ''}": ${refusalOf(error).message}`);
      }
    }
    const wire = wireOf(request);
    const body = {
      promotions: promotions.map(wire),
      ...(requests.length === 0 ? {} : { promotionRequests: requests.map(wire) }),
    };
    if (errors.length === 0) return reply.code(201).send(body);
    return reply.code(207).send({ ...body, errors: errors.join('; ') });
  });
};

type Field = 'freight' | 'freightAlias' | 'origin';

/** The one field that is given. Clients send all of them, empty where they mean nothing. */
export function selection(body: Record<string, unknown>, fields: readonly Field[]): { field: Field; value: string } {
  const given = fields.flatMap((field) => {
    const value = textField(body, field);
    return value === undefined ? [] : [{ field, value }];
  });
  const [first] = given;
  if (first === undefined || given.length > 1) throw badRequest(`exactly one of ${fields.join(', ')} must be given`);
  if (first.field === 'origin') parseOrigin(first.value);
  return first;
}

/** Fails with 400 for what is no `Warehouse/<name>`. */
export function parseOrigin(text: string): { kind: 'Warehouse'; name: string } {
  const [kind, name, ...more] = text.split('/');
  if (kind !== 'Warehouse' || name === undefined || name === '' || more.length > 0)
    throw badRequest(`invalid origin "${text}"; it must be of the form Warehouse/<name>`);
  return { kind, name };
}

function requireAvailable(stage: Stage, freight: Freight, now: number, what: string): void {
  const answer = isFreightAvailable(stage, freight, now);
  if (answer.available) return;
  const name = freight.metadata.name ?? '';
  const why = answer.reasons.map(({ message }) => message).join('; ');
  throw badRequest(
    `Freight "${name}" is not available to ${what} "${stage.metadata.name ?? ''}": ${why === '' ? `it comes from ${originKey(freight.origin)}` : why}`,
  );
}

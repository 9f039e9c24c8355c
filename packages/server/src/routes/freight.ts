import { Freight, labels, originKey, Stage } from '@kargo/api';
import { availableFreight, recordApproval } from '@kargo/controllers';
import { timestamp } from '@kargo/kube';
import { byAlias, findFreightByNameOrAlias } from '../freight/find-freight.ts';
import { checkGrouping, groupFreight, type Grouping } from '../freight/group-freight.ts';
import { badRequest, HttpError } from '../http/http-error.ts';
import { continueToken, pageRequest, type PageRequest } from '../http/paging.ts';
import { param, queryFlag, queryList, queryText } from '../http/query.ts';
import { wireOf } from '../http/wire.ts';
import { listOrWatch, listVersion } from '../listing.ts';
import type { Routes } from '../route.ts';
import type { Services } from '../services.ts';
import type { FastifyRequest } from 'fastify';
import { readOne } from '../objects.ts';

/** One page of Freight in the order of its discovery. Groups and availability need all of it, so they have no pages. */
async function freightPage(
  services: Services,
  request: FastifyRequest,
  page: Grouping & PageRequest & { namespace: string; wanted: ((freight: Freight) => boolean) | undefined },
): Promise<object> {
  const { namespace, groupBy, orderBy, wanted } = page;
  if (groupBy !== undefined || (orderBy ?? 'first_seen') !== 'first_seen' || queryText(request, 'stage') !== undefined)
    throw badRequest('invalid_argument: limit cannot be combined with groupBy, with orderBy=tag or with stage');
  await services.require(request, 'list', Freight, { namespace });
  const { items, last, rest, resourceVersion } = await services.freight.page(namespace, { ...page, wanted });
  return {
    groups: { '': { items: items.map(wireOf(request)) } },
    resourceVersion: listVersion(resourceVersion),
    ...(last === undefined ? {} : { continue: continueToken(last), ...(rest === undefined ? {} : { remainingItemCount: rest }) }),
  };
}

/** Freight: queries, delete, approval, alias. */
export const freightRoutes: Routes = (server, services) => {
  const { clientFor, config, events } = services;

  server.get('/freight', async (request, reply) => {
    const namespace = param(request, 'project');
    const origins = new Set(queryList(request, 'origins'));
    const wanted = origins.size === 0 ? undefined : ({ origin }: Freight): boolean => origins.has(origin.name);
    if (queryFlag(request, 'watch')) return listOrWatch(services, request, reply, { kind: Freight, namespace, wanted });
    const grouping = {
      groupBy: queryText(request, 'groupBy'),
      group: queryText(request, 'group'),
      orderBy: queryText(request, 'orderBy'),
      reverse: queryFlag(request, 'reverse'),
    };
    checkGrouping(grouping);
    const page = pageRequest(request);
    if (page !== undefined) return freightPage(services, request, { ...grouping, ...page, namespace, wanted });
    const client = clientFor(request);
    const stageName = queryText(request, 'stage');
    const stage = stageName === undefined ? undefined : await readOne(client, Stage, { namespace, name: stageName });
    const { items, metadata } = await client.list(Freight, { namespace });
    const found = wanted === undefined ? items : items.filter(wanted);
    const wire = wireOf(request);
    const shown = (stage === undefined ? found : availableFreight(stage, found, config.clock.now())).map(wire);
    const groups = groupFreight(shown, grouping);
    return stage === undefined ? { groups, resourceVersion: listVersion(metadata.resourceVersion) } : { groups };
  });

  server.get('/freight/:nameOrAlias', async (request) =>
    wireOf(request)(await findFreightByNameOrAlias(clientFor(request), param(request, 'project'), param(request, 'nameOrAlias'))),
  );

  server.delete('/freight/:nameOrAlias', async (request, reply) => {
    const client = clientFor(request);
    const namespace = param(request, 'project');
    const { metadata } = await findFreightByNameOrAlias(client, namespace, param(request, 'nameOrAlias'));
    await client.delete(Freight, { namespace, name: metadata.name ?? '' });
    return reply.code(204).send();
  });

  server.post('/freight/:nameOrAlias/approve', async (request, reply) => {
    const stageName = queryText(request, 'stage');
    if (stageName === undefined) throw badRequest('the query parameter stage is required');
    const client = clientFor(request);
    const namespace = param(request, 'project');
    const freight = await findFreightByNameOrAlias(client, namespace, param(request, 'nameOrAlias'));
    const stage = await readOne(client, Stage, { namespace, name: stageName });
    await services.require(request, 'promote', Stage, { namespace, name: stageName });
    const origin = originKey(freight.origin);
    if (!stage.spec.requestedFreight.some((requested) => originKey(requested.origin) === origin))
      throw badRequest(`Stage "${stageName}" does not request Freight from origin "${origin}"`);
    if (Object.hasOwn(freight.status?.approvedFor ?? {}, stageName)) return reply.code(200).send();
    const approval = { approvedAt: timestamp(config.clock.now()), approvedBy: services.actor(request) };
    const body = { status: { approvedFor: { [stageName]: approval } } };
    const key = { namespace, name: freight.metadata.name ?? '' };
    const approved = await client.patch(Freight, key, { type: 'merge', body }, { subresource: 'status' });
    const { approvedAt: at, approvedBy: actor } = approved.status?.approvedFor?.[stageName] ?? {};
    if (services.actsForCaller(request)) await recordApproval(events, { freight: approved, stage: stageName, actor, at });
    return reply.code(200).send();
  });

  server.patch('/freight/:nameOrAlias/alias', async (request, reply) => {
    const alias = queryText(request, 'newAlias');
    if (alias === undefined) throw badRequest('the query parameter newAlias is required');
    const client = clientFor(request);
    const namespace = param(request, 'project');
    const { metadata } = await findFreightByNameOrAlias(client, namespace, param(request, 'nameOrAlias'));
    const other = await byAlias(client, namespace, alias);
    if (other !== undefined && other.metadata.name !== metadata.name)
      throw new HttpError(409, `Freight "${other.metadata.name ?? ''}" has the alias "${alias}" already`);
    const body = { alias, metadata: { labels: { [labels.alias]: alias } } };
    await client.patch(Freight, { namespace, name: metadata.name ?? '' }, { type: 'merge', body });
    return reply.code(200).send();
  });
};

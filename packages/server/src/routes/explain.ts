import { Freight, isReason, ProjectConfig, Promotion, Stage, Warehouse, type Kind, type KubeObject } from '@kargo/api';
import { explainFreight, explainPromotion, explainStage, explainWarehouse, type Exists } from '@kargo/controllers';
import type { Client } from '@kargo/kube';
import { findFreightByNameOrAlias } from '../freight/find-freight.ts';
import { param } from '../http/query.ts';
import type { Routes } from '../route.ts';
import { findOne, readOne } from '../objects.ts';

/** Why something does not move, what would move it, who can, and when at the earliest. */
export const explainRoutes: Routes = (server, services) => {
  const { config, clientFor } = services;
  const waitsOf = config.waitsOf;

  server.get('/stages/:stage/explain', async (request) => {
    const client = clientFor(request);
    const namespace = param(request, 'project');
    const stage = await readOne(client, Stage, { namespace, name: param(request, 'stage') });
    const name = stage.metadata.name ?? '';
    const [freight, promotions, projectConfig, exists] = await Promise.all([
      client.list(Freight, { namespace }),
      client.list(Promotion, { namespace }),
      findOne(client, ProjectConfig, { namespace, name: namespace }),
      existing(client, namespace),
    ]);
    const own = promotions.items.filter(({ spec }) => spec.stage === name);
    return explainStage({
      stage,
      freight: freight.items,
      promotions: own,
      projectConfig,
      waitsOf,
      now: config.clock.now(),
      exists,
    });
  });

  server.get('/promotions/:promotion/explain', async (request) => {
    const client = clientFor(request);
    const namespace = param(request, 'project');
    const promotion = await readOne(client, Promotion, { namespace, name: param(request, 'promotion') });
    const [stage, freight, promotions] = await Promise.all([
      findOne(client, Stage, { namespace, name: promotion.spec.stage }),
      findOne(client, Freight, { namespace, name: promotion.spec.freight ?? '' }),
      client.list(Promotion, { namespace }),
    ]);
    const siblings = promotions.items.filter(({ spec }) => spec.stage === promotion.spec.stage);
    return explainPromotion({ promotion, stage, freight, siblings, waitsOf, now: config.clock.now() });
  });

  server.get('/freight/:nameOrAlias/explain', async (request) => {
    const client = clientFor(request);
    const namespace = param(request, 'project');
    const freight = await findFreightByNameOrAlias(client, namespace, param(request, 'nameOrAlias'));
    const stages = await client.list(Stage, { namespace });
    return explainFreight(freight, stages.items, config.clock.now());
  });

  server.get('/warehouses/:warehouse/explain', async (request) => {
    const key = { namespace: param(request, 'project'), name: param(request, 'warehouse') };
    return explainWarehouse({ warehouse: await readOne(clientFor(request), Warehouse, key), waitsOf });
  });
};

/** Whether something that a Stage names is there, as far as the caller may know: what it may not see is taken to be there. */
async function existing(client: Client, namespace: string): Promise<Exists> {
  const [stages, warehouses] = await Promise.all([Stage, Warehouse].map((kind) => namesOf(client, kind, namespace)));
  return (kind, name) => (kind === 'Stage' ? stages : warehouses)?.has(name) ?? true;
}

async function namesOf(client: Client, kind: Kind<KubeObject>, namespace: string): Promise<Set<string | undefined> | undefined> {
  try {
    const { items } = await client.list(kind, { namespace });
    return new Set(items.map(({ metadata }) => metadata.name));
  } catch (error) {
    if (isReason(error, 'Forbidden')) return undefined;
    throw error;
  }
}

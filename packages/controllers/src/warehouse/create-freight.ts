import { annotations, conditionTypes, Freight, isReason, type ObjectKey } from '@kargo/api';
import { timestamp, type Clock, type Reader, type Writer } from '@kargo/kube';
import { recordFreightCreated, WAREHOUSE_ACTOR } from '../events/announcers.ts';
import type { EventRecorder } from '../events/recorder.ts';
import { buildFreight } from './build-freight.ts';
import { evaluateCriteria } from './criteria.ts';
import { missingArtifacts } from './missing-artifacts.ts';
import { observe, type WarehousePass } from './warehouse-pass.ts';

const { ready, healthy, freightCreated, freightCreationCriteriaSatisfied } = conditionTypes;

export interface CreateFreightDeps {
  client: Pick<Reader, 'get'> & Pick<Writer, 'create'>;
  events: EventRecorder;
  clock: Clock;
}

/**
 * Makes Freight of what was found, if everything was, the policy is automatic and the criteria hold. True if the Warehouse is all right.
 * Freight that is there already is all right too. Fails when the API does.
 */
export async function createFreight(deps: CreateFreightDeps, pass: WarehousePass): Promise<boolean> {
  const found = pass.status.discoveredArtifacts ?? {};
  const missing = missingArtifacts(found);
  if (missing !== undefined) {
    observe(pass, healthy, 'False', missing.healthy, missing.message);
    observe(pass, ready, 'False', missing.ready, missing.message);
    return false;
  }
  const { freightCreationPolicy = 'Automatic', freightCreationCriteria } = pass.warehouse.spec;
  if (freightCreationPolicy !== 'Automatic') return true;
  const criteria = evaluateCriteria(freightCreationCriteria?.expression, found);
  switch (criteria.kind) {
    case 'failed': {
      const message = `evaluating spec.freightCreationCriteria.expression failed: ${criteria.message}`;
      observe(pass, healthy, 'False', 'CriteriaEvaluationFailed', message);
      observe(pass, ready, 'False', 'CriteriaEvaluationFailed', message);
      return false;
    }
    case 'unsatisfied':
      observe(
        pass,
        freightCreationCriteriaSatisfied,
        'False',
        'CriteriaNotSatisfied',
        'the artifacts found do not satisfy spec.freightCreationCriteria: no Freight is made of them',
      );
      return true;
    case 'satisfied':
      observe(pass, freightCreationCriteriaSatisfied, 'True', 'CriteriaSatisfied', 'the artifacts found may become Freight');
      await create(deps, pass);
      return true;
  }
}

async function create(deps: CreateFreightDeps, pass: WarehousePass): Promise<void> {
  const built = buildFreight(pass.warehouse, pass.status.discoveredArtifacts ?? {});
  const name = built.metadata.name ?? '';
  const discoveredAt = pass.status.lastFreightID === name ? undefined : await afterTheLast(deps, pass);
  const freight = {
    ...built,
    metadata: { ...built.metadata, annotations: { [annotations.freightCreator]: WAREHOUSE_ACTOR } },
    ...(discoveredAt === undefined ? {} : { discoveredAt }),
  };
  pass.status.lastFreightID = name;
  try {
    const created = await deps.client.create(Freight, freight);
    observe(pass, freightCreated, 'True', 'NewFreight', `created Freight ${name}`);
    await recordFreightCreated(deps.events, created);
  } catch (error) {
    if (isReason(error, 'AlreadyExists')) {
      observe(pass, freightCreated, 'False', 'AlreadyExists', `Freight ${name} exists already`);
      return;
    }
    const message = `creating Freight ${name} failed: ${error instanceof Error ? error.message : String(error)}`;
    observe(pass, healthy, 'False', 'FreightBuildFailure', message);
    observe(pass, ready, 'False', 'FreightCreationFailure', message);
    throw error;
  }
}

/**
 * When the Freight that is made next was found: now, but at least a second after what the Warehouse made before it. The order of Freight comes
 * from here alone: time stamps have whole seconds, clocks are set back, and the API server has a clock of its own. Nobody could tell otherwise
 * which of two pieces is the newer, and automation would keep to the older one. Undefined for the first: the API says when that is made.
 */
async function afterTheLast(
  { client, clock }: CreateFreightDeps,
  { warehouse, status }: WarehousePass,
): Promise<string | undefined> {
  if (status.lastFreightID === undefined) return undefined;
  const last = await existing(client, { namespace: warehouse.metadata.namespace, name: status.lastFreightID });
  const before = Date.parse(last?.discoveredAt ?? last?.metadata.creationTimestamp ?? '');
  return timestamp(Number.isNaN(before) ? clock.now() : Math.max(clock.now(), before + 1000));
}

async function existing(client: CreateFreightDeps['client'], key: ObjectKey): Promise<Freight | undefined> {
  try {
    return await client.get(Freight, key);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

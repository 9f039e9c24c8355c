import { conditionTypes, controllerActor, Freight, isReason, Warehouse } from '@kargo/api';
import type { Writer } from '@kargo/kube';
import { freightFacts } from '../events/facts.ts';
import type { EventRecorder } from '../events/recorder.ts';
import { buildFreight } from './build-freight.ts';
import { evaluateCriteria } from './criteria.ts';
import { missingArtifacts } from './missing-artifacts.ts';
import { observe, type WarehousePass } from './warehouse-pass.ts';

const { ready, healthy, freightCreated, freightCreationCriteriaSatisfied } = conditionTypes;

export interface CreateFreightDeps {
  client: Pick<Writer, 'create'>;
  events: EventRecorder;
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

async function create({ client, events }: CreateFreightDeps, pass: WarehousePass): Promise<void> {
  const freight = buildFreight(pass.warehouse, pass.status.discoveredArtifacts ?? {});
  const name = freight.metadata.name ?? '';
  pass.status.lastFreightID = name;
  try {
    const created = await client.create(Freight, freight);
    observe(pass, freightCreated, 'True', 'NewFreight', `created Freight ${name}`);
    await events.record({
      kind: Freight,
      about: created,
      reason: 'FreightCreated',
      message: `Warehouse ${pass.warehouse.metadata.name ?? ''} created Freight ${created.alias ?? name}`,
      facts: freightFacts(created, { actor: controllerActor('warehouse-controller') }),
      related: { kind: Warehouse, name: pass.warehouse.metadata.name ?? '' },
      occurrence: 'created',
    });
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

import { Warehouse, type FieldError } from '@kargo/api';
import { type AdmissionRules, equal } from '@kargo/kube';
import { criteriaProblem } from '../warehouse/criteria.ts';
import type { AdmissionDeps } from './deps.ts';
import { invalidValue } from './field-errors.ts';
import { projectProblems } from './project-check.ts';
import { syncShardLabel } from './shard-label.ts';
import { subscriptionProblems, withDefaults } from './subscription-rules.ts';

type WarehouseDeps = Pick<AdmissionDeps, 'client' | 'cacheByTagPolicy'>;

/** Rules of Warehouses. What a stored Warehouse already says is not held against it. */
export function warehouseRules(deps: WarehouseDeps): AdmissionRules<Warehouse> {
  return {
    kind: Warehouse,
    operations: ['CREATE', 'UPDATE'],
    mutate({ object }) {
      syncShardLabel(object, object.spec.shard);
      object.spec.subscriptions = object.spec.subscriptions.map(withDefaults);
    },
    async validate({ operation, object, old }) {
      const problems = operation === 'CREATE' ? await projectProblems(deps.client, object) : [];
      return old !== undefined && equal(old.spec, object.spec) ? problems : [...problems, ...specProblems(deps, object)];
    },
  };
}

function specProblems(deps: WarehouseDeps, { spec }: Warehouse): FieldError[] {
  const out = subscriptionProblems(deps, spec.subscriptions, 'spec.subscriptions');
  const criteria = spec.freightCreationCriteria?.expression ?? '';
  const why = criteria === '' ? undefined : criteriaProblem(criteria);
  if (why !== undefined) out.push(invalidValue('spec.freightCreationCriteria.expression', criteria, why));
  return out;
}

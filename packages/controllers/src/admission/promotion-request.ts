import { PromotionRequest } from '@kargo/api';
import type { AdmissionRules } from '@kargo/kube';
import type { AdmissionDeps } from './deps.ts';
import { duplicate } from './field-errors.ts';
import { projectProblems } from './project-check.ts';

/** Rules of PromotionRequests, which are stored and not acted on. */
export function promotionRequestRules({ client }: Pick<AdmissionDeps, 'client'>): AdmissionRules<PromotionRequest> {
  return {
    kind: PromotionRequest,
    operations: ['CREATE', 'UPDATE'],
    async validate({ operation, object }) {
      const seen = new Set<string>();
      const twice = object.spec.targets.flatMap(({ name }, index) => {
        if (seen.has(name)) return [duplicate(`spec.targets[${index}].name`, name)];
        seen.add(name);
        return [];
      });
      return [...(operation === 'CREATE' ? await projectProblems(client, object) : []), ...twice];
    },
  };
}

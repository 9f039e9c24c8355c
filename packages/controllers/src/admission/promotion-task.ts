import { ClusterPromotionTask, type FieldError, PromotionTask } from '@kargo/api';
import { type AdmissionRules, equal } from '@kargo/kube';
import type { Process } from '@kargo/promotion';
import type { AdmissionDeps } from './deps.ts';
import { projectProblems } from './project-check.ts';
import { stepProblems, stepWarnings } from './step-rules.ts';

type TaskDeps = Pick<AdmissionDeps, 'client' | 'steps' | 'checker'>;

/** Rules of the tasks of a Project. */
export function promotionTaskRules(deps: TaskDeps): AdmissionRules<PromotionTask> {
  return {
    kind: PromotionTask,
    operations: ['CREATE', 'UPDATE'],
    async validate({ operation, object, old }) {
      const problems = operation === 'CREATE' ? await projectProblems(deps.client, object) : [];
      return old !== undefined && equal(old.spec, object.spec) ? problems : [...problems, ...specProblems(deps, object)];
    },
    warnings: ({ object }) => stepWarnings(deps, processOf(object), 'spec'),
  };
}

/** Rules of the tasks of all Projects. */
export function clusterPromotionTaskRules(deps: TaskDeps): AdmissionRules<ClusterPromotionTask> {
  return {
    kind: ClusterPromotionTask,
    operations: ['CREATE', 'UPDATE'],
    validate: ({ object, old }) => (old !== undefined && equal(old.spec, object.spec) ? [] : specProblems(deps, object)),
    warnings: ({ object }) => stepWarnings(deps, processOf(object), 'spec'),
  };
}

function specProblems(deps: TaskDeps, task: PromotionTask | ClusterPromotionTask): FieldError[] {
  return stepProblems(deps, processOf(task), 'spec');
}

function processOf({ spec: { steps, vars } }: PromotionTask | ClusterPromotionTask): Process {
  return { kind: 'task', steps, vars };
}

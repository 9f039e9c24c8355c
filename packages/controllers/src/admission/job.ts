import { RUN_UID_LABEL } from '@kargo/analysis';
import { forbidden, Job, keyOf, type Workload } from '@kargo/api';
import { type AdmissionRules, equal, type UserInfo } from '@kargo/kube';
import { isRunHere, RUN_JOB_LABEL } from '../jobs/job-controller.ts';

export interface JobRulesDeps {
  /** Whether a user decides which Jobs are really run: the control plane itself, and the agent that deploys Applications. */
  mayRunJobs: (user: UserInfo) => boolean;
}

/**
 * Rules of Jobs where Kargo itself runs them: what is in such a Job becomes a program on this machine. Only the parts of Kargo that make
 * them may mark a Job to be run, or change what a marked one does or how it ended. Everybody else may have Jobs that are only imitated,
 * and delete marked ones. Not for clusters, whose own controllers run Jobs.
 */
export function jobRules({ mayRunJobs }: JobRulesDeps): AdmissionRules<Workload> {
  return {
    kind: Job,
    operations: ['CREATE', 'UPDATE'],
    status: true,
    validate({ object, old, user }) {
      const isMarked = isRunHere(object) || (old !== undefined && isRunHere(old));
      if (!isMarked || mayRunJobs(user) || (old !== undefined && equal(substance(object), substance(old)))) return [];
      throw forbidden(
        Job,
        keyOf(object),
        `user "${user.username}" may not have a Job run by Kargo: the labels ${RUN_UID_LABEL} and ${RUN_JOB_LABEL}, and Jobs that have them, belong to Kargo; create an AnalysisRun to run a Job`,
      );
    },
  };
}

/** What makes a Job run, and what people believe about it. */
function substance({ metadata, spec, status }: Workload): unknown {
  const { labels = {}, ownerReferences, annotations } = metadata;
  return [labels[RUN_UID_LABEL], labels[RUN_JOB_LABEL], ownerReferences, annotations, spec, status];
}

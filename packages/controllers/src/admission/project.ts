import { apiVersionOf, conflict, FINALIZER, isReason, keyOf, labels, Namespace, Project } from '@kargo/api';
import type { AdmissionRules } from '@kargo/kube';
import { type AdmissionDeps, find } from './deps.ts';

/** Rules of Projects. The namespace is there as soon as the Project is, so that one manifest can hold a Project and what belongs to it. */
export function projectRules({ client }: Pick<AdmissionDeps, 'client'>): AdmissionRules<Project> {
  return {
    kind: Project,
    operations: ['CREATE'],
    async validate({ object }) {
      const name = object.metadata.name ?? '';
      const namespace = await find(client, Namespace, { name });
      if (namespace === undefined) return [];
      if (namespace.metadata.deletionTimestamp !== undefined)
        throw conflict(Project, keyOf(object), `namespace "${name}" is being deleted; try again when it is gone`);
      if (namespace.metadata.labels?.[labels.project] !== 'true')
        throw conflict(
          Project,
          keyOf(object),
          `namespace "${name}" exists already and is not a project; label it ${labels.project}=true to have the Project adopt it`,
        );
      return [];
    },
    async after({ object, dryRun }) {
      if (dryRun) return;
      try {
        await client.create(Namespace, {
          apiVersion: apiVersionOf(Namespace),
          kind: Namespace.kind,
          metadata: { name: object.metadata.name, labels: { [labels.project]: 'true' }, finalizers: [FINALIZER] },
        });
      } catch (error) {
        if (!isReason(error, 'AlreadyExists')) throw error;
      }
    },
  };
}

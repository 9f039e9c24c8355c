import { apiVersionOf, FINALIZER, labels, Namespace, type Project } from '@kargo/api';
import { type Client, commitObject } from '@kargo/kube';
import { ensureObject } from './ensure-object.ts';
import { isProjectNamespace } from './ensure-roles.ts';

/** `foreign`: there is a namespace of that name that nobody meant for a Project. */
export type NamespaceOutcome = { kind: 'ensured' } | { kind: 'foreign'; message: string };

/** Makes sure that a Project has its namespace; adopts one that is labelled for it. Fails when the API does. */
export async function ensureNamespace(client: Client, project: Project): Promise<NamespaceOutcome> {
  const name = project.metadata.name ?? '';
  const namespace = await ensureObject(client, Namespace, {
    apiVersion: apiVersionOf(Namespace),
    kind: Namespace.kind,
    metadata: { name, labels: { [labels.project]: 'true' }, finalizers: [FINALIZER] },
  });
  if (!isProjectNamespace(namespace)) {
    const message = `namespace "${name}" exists already and is not labelled ${labels.project}=true; label it to have the Project adopt it`;
    return { kind: 'foreign', message };
  }
  if (namespace.metadata.deletionTimestamp === undefined) await setFinalizer(client, namespace, true);
  return { kind: 'ensured' };
}

/** Adds Kargo's finalizer to a namespace, or removes it. */
export async function setFinalizer(client: Client, namespace: Namespace, present: boolean): Promise<Namespace> {
  const others = (namespace.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
  const finalizers = present ? [...others, FINALIZER] : others;
  if (finalizers.length === (namespace.metadata.finalizers ?? []).length) return namespace;
  const { finalizers: _, ...metadata } = namespace.metadata;
  return commitObject(client, Namespace, namespace, {
    ...namespace,
    metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers },
  });
}

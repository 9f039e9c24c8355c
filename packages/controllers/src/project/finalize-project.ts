import { annotations, FINALIZER, isReason, type KubeObject, Namespace, Project } from '@kargo/api';
import { type Client, commitObject } from '@kargo/kube';
import { setFinalizer } from './ensure-namespace.ts';
import { removeClusterRoles } from './ensure-roles.ts';

/**
 * Takes down what belongs to a deleted Project: its ClusterRole and binding, and its namespace unless either asks to keep that. Lets go
 * of the Project then. Whatever is gone already is fine.
 */
export async function finalizeProject(client: Client, project: Project): Promise<void> {
  const name = project.metadata.name ?? '';
  await removeClusterRoles(client, name);
  const namespace = await find(client, name);
  if (namespace !== undefined) {
    const released = await setFinalizer(client, namespace, false);
    if (!isKept(project) && !isKept(released) && released.metadata.deletionTimestamp === undefined) await remove(client, name);
  }
  const finalizers = (project.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
  await commitObject(client, Project, project, { ...project, metadata: { ...project.metadata, finalizers } });
}

function isKept({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[annotations.keepNamespace] === 'true';
}

async function find(client: Client, name: string): Promise<Namespace | undefined> {
  try {
    return await client.get(Namespace, { name });
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function remove(client: Client, name: string): Promise<void> {
  try {
    await client.delete(Namespace, { name });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}

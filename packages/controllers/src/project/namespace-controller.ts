import { FINALIZER, isReason, Namespace, Project, type ObjectKey } from '@kargo/api';
import { type Client, commitObject, type ControllerOptions, type Result, settled } from '@kargo/kube';
import { ensureGone } from './ensure-object.ts';
import { setFinalizer } from './ensure-namespace.ts';
import { isProjectNamespace } from './ensure-roles.ts';

/** The controller of the namespaces of Projects: a Project whose namespace is deleted goes too. */
export function projectNamespaceController({ client }: { client: Client }): ControllerOptions {
  return {
    name: 'project-namespace',
    for: Namespace,
    sources: [],
    finished: (namespace: Namespace) => !isLeaving(namespace),
    reconciler: { reconcile: (request) => reconcile(client, request) },
  };
}

function isLeaving({ metadata }: Namespace): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FINALIZER) === true;
}

async function reconcile(client: Client, key: ObjectKey): Promise<Result> {
  const namespace = await client.get(Namespace, key).catch((error: unknown) => {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  });
  if (namespace === undefined || !isProjectNamespace(namespace)) return settled;
  if (isLeaving(namespace)) {
    await ensureGone(client, Project, key.name);
    await setFinalizer(client, namespace, false);
    return settled;
  }
  // Earlier versions made the Project the owner, which garbage collection takes at its word even where a namespace is to be kept.
  const owners = namespace.metadata.ownerReferences ?? [];
  const others = owners.filter(({ kind }) => kind !== Project.kind);
  if (others.length < owners.length)
    await commitObject(client, Namespace, namespace, {
      ...namespace,
      metadata: { ...namespace.metadata, ownerReferences: others },
    });
  return settled;
}

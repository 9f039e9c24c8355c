import { ApiError, forbidden, Namespace, notFound, resourceName, type Kind, type KubeObject } from '@kargo/api';
import { clone } from '@kargo/kube';
import type { Store } from '../store/store.ts';

/** The namespaces that always exist. */
export const SYSTEM_NAMESPACES: readonly string[] = ['default', 'kube-system'];

export const NAMESPACES: string = resourceName(Namespace);

/** The finalizer in a Namespace's spec that stands for its content. */
export const CONTENT_FINALIZER = 'kubernetes';

/** Refuses new objects in namespaces that do not exist or are being deleted. */
export function checkNamespace(store: Store, kind: Kind, object: KubeObject): void {
  if (kind.scope === 'Cluster') return;
  const name = object.metadata.namespace ?? '';
  const namespace = store.get(NAMESPACES, { name });
  if (namespace === undefined) throw notFound(Namespace, { name });
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const refused = forbidden(
    kind,
    { name: object.metadata.name ?? '' },
    `unable to create new content in namespace ${name} because it is being terminated`,
  );
  throw new ApiError('Forbidden', refused.message, {
    details: {
      ...refused.details,
      causes: [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }],
    },
  });
}

/** Whether something in `spec.finalizers` still keeps a namespace. */
export function hasContentFinalizer(object: KubeObject): boolean {
  return ((object as Namespace).spec?.finalizers?.length ?? 0) > 0;
}

/** A namespace without the finalizers of its content. */
export function withoutContentFinalizer(namespace: KubeObject): KubeObject {
  const copy = clone(namespace) as Namespace;
  copy.spec = { ...copy.spec, finalizers: [] };
  return copy;
}

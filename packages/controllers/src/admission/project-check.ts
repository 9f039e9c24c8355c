import { type FieldError, type KubeObject, labels, Namespace } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import { invalidValue } from './field-errors.ts';

/** Whether the namespace of a new object belongs to a Project. Fails with `NotFound` if there is no such namespace. */
export async function projectProblems(client: Pick<Reader, 'get'>, { metadata }: KubeObject): Promise<FieldError[]> {
  const name = metadata.namespace ?? '';
  const namespace = await client.get(Namespace, { name });
  if (namespace.metadata.labels?.[labels.project] === 'true') return [];
  return [
    invalidValue(
      'metadata.namespace',
      name,
      `namespace "${name}" is not a project: create a Project of that name, or label the namespace ${labels.project}=true`,
    ),
  ];
}

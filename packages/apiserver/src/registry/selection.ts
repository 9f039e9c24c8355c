import { ApiError, type Kind, type KubeObject } from '@kargo/api';
import { ParseError, parseLabelSelector } from '@kargo/gocompat';
import { parseFieldSelector } from './field-selector.ts';

/** Which objects a list or watch is about. */
export interface Selection {
  readonly everything: boolean;
  matches(object: KubeObject): boolean;
}

/** Fails with `BadRequest` when a selector cannot be read. */
export function selectionOf(
  kind: Kind,
  {
    namespace,
    labelSelector,
    fieldSelector,
  }: { namespace?: string | undefined; labelSelector?: string | undefined; fieldSelector?: string | undefined },
): Selection {
  const labels = parseLabels(labelSelector ?? '');
  const fields = fieldSelector === undefined || fieldSelector === '' ? undefined : parseFieldSelector(kind, fieldSelector);
  return {
    everything: labels.isEverything && fields === undefined && namespace === undefined,
    matches: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      labels.matches(object.metadata.labels) &&
      (fields === undefined || fields(object)),
  };
}

function parseLabels(text: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(text);
  } catch (cause) {
    if (cause instanceof ParseError) throw new ApiError('BadRequest', `unable to parse requirement: ${cause.message}`, { cause });
    throw cause;
  }
}

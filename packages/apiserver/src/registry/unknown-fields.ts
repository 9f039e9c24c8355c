import { ApiError, type Kind } from '@kargo/api';
import type { UnknownField } from '../schema/prune.ts';

function text({ path, suggestion }: UnknownField): string {
  return `unknown field "${path}"${suggestion === undefined ? '' : `, did you mean "${suggestion}"?`}`;
}

/** Refuses an object with unknown fields, together with everything else that is wrong with it. */
export function refuseUnknown(kind: Kind, unknown: readonly UnknownField[], refusal: ApiError | undefined): void {
  if (unknown.length === 0) return;
  const strict = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${unknown.map(text).join(', ')}`;
  throw new ApiError('BadRequest', refusal === undefined ? strict : `${strict}; ${refusal.message}`, {
    details: {
      ...refusal?.details,
      causes: [
        ...unknown.map((field) => ({ reason: 'FieldValueInvalid', message: text(field), field: field.path })),
        ...(refusal?.details?.causes ?? []),
      ],
    },
  });
}

export function reportUnknown(unknown: readonly UnknownField[], onWarning: ((warning: string) => void) | undefined): void {
  for (const field of unknown) onWarning?.(text(field));
}

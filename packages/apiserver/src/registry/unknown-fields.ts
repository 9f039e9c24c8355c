import { ApiError, type Kind } from '@kargo/api';
import type { UnknownField } from '../schema/prune.ts';

/** What a strict reader does not accept: fields that the schema does not know, and paths of fields that stand there twice. */
export interface Irregular {
  unknown: readonly UnknownField[];
  duplicates: readonly string[];
}

function texts({ unknown, duplicates }: Irregular): { field: string; message: string }[] {
  return [
    ...duplicates.map((path) => ({ field: path, message: `duplicate field "${path}"` })),
    ...unknown.map(({ path, suggestion }) => ({
      field: path,
      message: `unknown field "${path}"${suggestion === undefined ? '' : `, did you mean "${suggestion}"?`}`,
    })),
  ];
}

/** Refuses an object with irregular fields, together with everything else that is wrong with it. */
export function refuseUnknown(kind: Kind, irregular: Irregular, refusal: ApiError | undefined): void {
  const found = texts(irregular);
  if (found.length === 0) return;
  const strict = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${found.map(({ message }) => message).join(', ')}`;
  throw new ApiError('BadRequest', refusal === undefined ? strict : `${strict}; ${refusal.message}`, {
    details: {
      ...refusal?.details,
      causes: [
        ...found.map(({ field, message }) => ({ reason: 'FieldValueInvalid', message, field })),
        ...(refusal?.details?.causes ?? []),
      ],
    },
  });
}

export function reportUnknown(irregular: Irregular, onWarning: ((warning: string) => void) | undefined): void {
  for (const { message } of texts(irregular)) onWarning?.(message);
}

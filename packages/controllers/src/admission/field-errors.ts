/** Problems of an object, as Kubernetes words them. */
import type { FieldError } from '@kargo/api';

export const required = (field: string, detail: string): FieldError => ({ field, type: 'FieldValueRequired', detail });
export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  type: 'FieldValueInvalid',
  value,
  detail,
});
export const duplicate = (field: string, value: unknown, detail = ''): FieldError => ({
  field,
  type: 'FieldValueDuplicate',
  value,
  detail,
});
export const forbiddenField = (field: string, detail: string): FieldError => ({ field, type: 'FieldValueForbidden', detail });
export const notFoundValue = (field: string, value: unknown, detail = ''): FieldError => ({
  field,
  type: 'FieldValueNotFound',
  value,
  detail,
});
export const notSupported = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  type: 'FieldValueNotSupported',
  value,
  detail,
});

/** The text of anything thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { type FieldError, type Kind, type KubeObject, type ObjectMeta } from '@kargo/api';
import { labelKeyProblem, labelValueProblem } from '@kargo/gocompat';
import { nameErrors } from './names.ts';

const MAX_ANNOTATION_BYTES = 256 * 1024;

/** Problems of metadata that schemas do not see: names, label syntax, sizes, owner references. */
export function metadataErrors(kind: Kind, { metadata }: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (metadata.name === undefined || metadata.name === '')
    errors.push({ field: 'metadata.name', type: 'FieldValueRequired', detail: 'name or generateName is required' });
  else errors.push(...nameErrors(kind, metadata.name));
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    invalid(errors, 'metadata.labels', key, labelKeyProblem(key));
    invalid(errors, 'metadata.labels', value, labelValueProblem(value));
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    invalid(errors, 'metadata.annotations', key, labelKeyProblem(key.toLowerCase()));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > MAX_ANNOTATION_BYTES)
    errors.push({
      field: 'metadata.annotations',
      type: 'FieldValueTooLong',
      detail: `may not be more than ${MAX_ANNOTATION_BYTES} bytes`,
    });
  for (const finalizer of metadata.finalizers ?? [])
    invalid(errors, 'metadata.finalizers', finalizer, labelKeyProblem(finalizer));
  errors.push(...ownerReferenceErrors(metadata));
  return errors;
}

function invalid(errors: FieldError[], field: string, value: string, problem: string | undefined): void {
  if (problem !== undefined) errors.push({ field, type: 'FieldValueInvalid', value, detail: problem });
}

function ownerReferenceErrors({ ownerReferences = [] }: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, reference] of ownerReferences.entries())
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const)
      if ((reference[field] ?? '') === '')
        errors.push({
          field: `metadata.ownerReferences[${index}].${field}`,
          type: 'FieldValueInvalid',
          value: reference[field] ?? '',
          detail: 'must not be empty',
        });
  const controllers = ownerReferences.filter(({ controller }) => controller === true);
  if (controllers.length > 1)
    errors.push({
      field: 'metadata.ownerReferences',
      type: 'FieldValueInvalid',
      detail: `Only one reference can have Controller set to true. Found "true" in references for ${controllers.map(({ name }) => name).join(' and ')}`,
    });
  return errors;
}

/** Finalizers may only go away once an object is being deleted. */
export function finalizerErrors(object: KubeObject, old: KubeObject): FieldError[] {
  if (old.metadata.deletionTimestamp === undefined) return [];
  const added = (object.metadata.finalizers ?? []).filter((finalizer) => old.metadata.finalizers?.includes(finalizer) !== true);
  if (added.length === 0) return [];
  return [
    {
      field: 'metadata.finalizers',
      type: 'FieldValueForbidden',
      detail: `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
    },
  ];
}

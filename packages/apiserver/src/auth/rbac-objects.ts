import {
  ClusterRole,
  ClusterRoleBinding,
  resourceName,
  Role,
  RoleBinding,
  type FieldError,
  type KubeObject,
  type PolicyRule,
} from '@kargo/api';
import { equal } from '@kargo/kube';
import { isObject, type JsonObject } from '../object/json.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** Fills in what may be left out of a binding. */
export function defaultBinding(object: JsonObject): void {
  const { roleRef, subjects } = object;
  if (isObject(roleRef)) roleRef['apiGroup'] = text(roleRef['apiGroup']) || GROUP;
  for (const subject of Array.isArray(subjects) ? (subjects as unknown[]) : [])
    if (isObject(subject) && subject['kind'] !== 'ServiceAccount') subject['apiGroup'] = text(subject['apiGroup']) || GROUP;
}

/** Problems of a role's rules. */
export function roleErrors(object: KubeObject): FieldError[] {
  const { rules } = object as Role;
  if (rules === undefined || rules === null) return [];
  if (!Array.isArray(rules)) return [{ field: 'rules', type: 'FieldValueTypeInvalid', detail: 'must be a list of rules' }];
  return rules.flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, object.kind === ClusterRole.kind));
}

function ruleErrors(rule: PolicyRule, field: string, cluster: boolean): FieldError[] {
  if (!isObject(rule)) return [{ field, type: 'FieldValueTypeInvalid', detail: 'must be an object' }];
  const errors: FieldError[] = [];
  const required = (part: keyof PolicyRule, detail: string): void => {
    if (!isFilled(rule[part])) errors.push({ field: `${field}.${part}`, type: 'FieldValueRequired', detail });
  };
  for (const part of ['verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'] as const) {
    const value: unknown = rule[part];
    if (value !== undefined && value !== null && !(Array.isArray(value) && value.every((item) => typeof item === 'string')))
      errors.push({ field: `${field}.${part}`, type: 'FieldValueTypeInvalid', detail: 'must be a list of strings' });
  }
  required('verbs', 'verbs must contain at least one value');
  if (isFilled(rule.nonResourceURLs)) {
    if (!cluster)
      errors.push({
        field: `${field}.nonResourceURLs`,
        type: 'FieldValueInvalid',
        value: rule.nonResourceURLs,
        detail: 'namespaced rules cannot apply to non-resource URLs',
      });
    if (isFilled(rule.apiGroups) || isFilled(rule.resources) || isFilled(rule.resourceNames))
      errors.push({
        field: `${field}.nonResourceURLs`,
        type: 'FieldValueInvalid',
        value: rule.nonResourceURLs,
        detail: 'rules cannot apply to both regular resources and non-resource URLs',
      });
    return errors;
  }
  required('apiGroups', 'resource rules must supply at least one api group');
  required('resources', 'resource rules must supply at least one resource');
  return errors;
}

/** Problems of a binding. What it binds can never change: who may write a binding must not get at another role by it. */
export function bindingErrors(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const { roleRef, subjects } = object as RoleBinding;
  if (!isObject(roleRef)) return [{ field: 'roleRef', type: 'FieldValueRequired', detail: '' }];
  const errors: FieldError[] = [];
  const kinds = object.kind === ClusterRoleBinding.kind ? [ClusterRole.kind] : [Role.kind, ClusterRole.kind];
  if (roleRef.apiGroup !== GROUP) errors.push(unsupported('roleRef.apiGroup', roleRef.apiGroup, [GROUP]));
  if (!kinds.includes(roleRef.kind)) errors.push(unsupported('roleRef.kind', roleRef.kind, kinds));
  if (text(roleRef.name) === '') errors.push({ field: 'roleRef.name', type: 'FieldValueRequired', detail: '' });
  if (old !== undefined && !equal(roleRef, (old as RoleBinding).roleRef))
    errors.push({ field: 'roleRef', type: 'FieldValueInvalid', value: roleRef, detail: 'cannot change roleRef' });
  if (subjects !== undefined && subjects !== null && !Array.isArray(subjects))
    return [...errors, { field: 'subjects', type: 'FieldValueTypeInvalid', detail: 'must be a list' }];
  for (const [index, subject] of (subjects ?? []).entries())
    errors.push(...subjectErrors(subject, `subjects[${index}]`, object.kind === ClusterRoleBinding.kind));
  return errors;
}

function subjectErrors(subject: unknown, field: string, needsNamespace: boolean): FieldError[] {
  if (!isObject(subject)) return [{ field, type: 'FieldValueTypeInvalid', detail: 'must be an object' }];
  const errors: FieldError[] = [];
  const kinds = ['ServiceAccount', 'User', 'Group'];
  const kind = text(subject['kind']);
  if (!kinds.includes(kind)) errors.push(unsupported(`${field}.kind`, subject['kind'], kinds));
  if (text(subject['name']) === '') errors.push({ field: `${field}.name`, type: 'FieldValueRequired', detail: '' });
  if (kind === 'ServiceAccount' && needsNamespace && text(subject['namespace']) === '')
    errors.push({ field: `${field}.namespace`, type: 'FieldValueRequired', detail: '' });
  const wanted = kind === 'ServiceAccount' ? '' : GROUP;
  if (kinds.includes(kind) && text(subject['apiGroup']) !== wanted)
    errors.push(unsupported(`${field}.apiGroup`, subject['apiGroup'], [wanted]));
  return errors;
}

function unsupported(field: string, value: unknown, allowed: readonly string[]): FieldError {
  return {
    field,
    type: 'FieldValueNotSupported',
    value: value ?? '',
    detail: `supported values: ${allowed.map((item) => JSON.stringify(item)).join(', ')}`,
  };
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Names of the resources whose content decides about access. */
export const RBAC_RESOURCES = {
  role: resourceName(Role),
  clusterRole: resourceName(ClusterRole),
  roleBinding: resourceName(RoleBinding),
  clusterRoleBinding: resourceName(ClusterRoleBinding),
} as const;

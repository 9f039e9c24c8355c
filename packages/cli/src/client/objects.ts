import type { KubeObject } from '@kargo/api';

/** An object as the API sends it; `apiVersion` and `kind` may be missing in watches and create responses of older servers. */
export type ApiObject = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

/** The value at a path of keys, undefined where anything on the way is missing. */
export function valueAt(object: unknown, ...path: readonly string[]): unknown {
  let value = object;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The text at a path, empty where there is none. */
export function textAt(object: unknown, ...path: readonly string[]): string {
  const value = valueAt(object, ...path);
  return typeof value === 'string' ? value : '';
}

/** The object with `apiVersion` and `kind`, for servers that leave them out. */
export function withType(object: ApiObject, kind: string): ApiObject {
  const { apiVersion, kind: sent, ...rest } = object as Partial<ApiObject>;
  return {
    apiVersion: apiVersion === undefined || apiVersion === '' ? groupVersionOf(kind) : apiVersion,
    kind: sent === undefined || sent === '' ? kind : sent,
    ...(rest as Omit<ApiObject, 'apiVersion' | 'kind'>),
  };
}

const GROUP_VERSIONS: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Secret: 'v1',
  Event: 'v1',
  Role: 'rbac.kargo.akuity.io/v1alpha1',
  RoleResources: 'rbac.kargo.akuity.io/v1alpha1',
};

function groupVersionOf(kind: string): string {
  return GROUP_VERSIONS[kind] ?? (kind.includes('Analysis') ? 'argoproj.io/v1alpha1' : 'kargo.akuity.io/v1alpha1');
}

/** The Ready condition of an object, undefined where it has none. */
export function readyCondition(object: ApiObject): unknown {
  const conditions = valueAt(object, 'status', 'conditions');
  return Array.isArray(conditions) ? conditions.find((condition) => textAt(condition, 'type') === 'Ready') : undefined;
}

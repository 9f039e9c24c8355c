import type { KubeObject } from './meta.ts';
import type { JsonSchema, Schema } from './schema/schema.ts';

/** A column of `kubectl get`. `jsonPath` is Kubernetes JSONPath without braces, e.g. `.spec.shard`. */
export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  jsonPath: string;
  description?: string;
  priority?: number;
}

/** A kind of the API: everything that serving, storing, typing and documenting its objects needs. */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  /** Whether `status` is written through its own subresource. */
  readonly statusSubresource: boolean;
  readonly printerColumns: readonly PrinterColumn[];
  /** Paths of fields besides name and namespace that field selectors may name, such as `spec.shard`. */
  readonly selectableFields?: readonly string[];
  /** Schema of the whole object; absent for kinds stored as they come. */
  readonly schema?: JsonSchema;
  /** Carries the type only. */
  readonly type?: T;
}

interface KindInput<T> {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular?: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  scope?: 'Namespaced' | 'Cluster';
  statusSubresource?: boolean;
  printerColumns?: readonly PrinterColumn[];
  schema?: Schema<T>;
}

/** Defines a kind whose fields besides `apiVersion`, `kind` and `metadata` are described by `schema`. */
export function defineKind<T>(input: KindInput<T>): Kind<KubeObject & T> {
  return {
    group: input.group,
    version: input.version,
    kind: input.kind,
    plural: input.plural,
    singular: input.singular ?? input.kind.toLowerCase(),
    listKind: `${input.kind}List`,
    shortNames: input.shortNames ?? [],
    categories: input.categories ?? [],
    scope: input.scope ?? 'Namespaced',
    statusSubresource: input.statusSubresource ?? false,
    printerColumns: input.printerColumns ?? [],
    ...(input.schema === undefined ? {} : { schema: input.schema.json }),
  };
}

/** The object type of a kind. */
export type ObjectOfKind<K> = K extends Kind<infer T> ? T : never;

/** `group/version`, or `version` for the core group: what stands in `apiVersion`. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `plural.group`, the name of the CRD and of the resource in messages. */
export function resourceName({ group, plural }: { group: string; plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`;
}

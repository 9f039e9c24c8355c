import { textAt, valueAt } from '../../client/objects.ts';
import type { ApiObject } from '../../client/objects.ts';
import { nameColumn } from '../get-objects.ts';
import type { Column } from '../../output/table.ts';

/** A kind of named data that lives in a project, is shared by all projects, or belongs to the system. */
export interface DataKind {
  readonly kind: 'ConfigMap' | 'Secret';
  /** As messages and failures name one of them. */
  readonly noun: string;
  /** The collection in paths of the API. */
  readonly collection: string;
  /** Whether the system has them too. */
  readonly system: boolean;
  /** Columns of its table, before the age. */
  readonly columns: readonly Column<ApiObject>[];
}

const DESCRIPTION: Column<ApiObject> = {
  header: 'DESCRIPTION',
  cell: (object) => object.metadata.annotations?.['kargo.akuity.io/description'] ?? '',
};

function keysOf(object: ApiObject): number {
  const data = valueAt(object, 'data');
  return typeof data === 'object' && data !== null ? Object.keys(data).length : 0;
}

/** Settings that promotions read with `configMap()`. */
export const configMaps: DataKind = {
  kind: 'ConfigMap',
  noun: 'config map',
  collection: 'configmaps',
  system: true,
  columns: [nameColumn, DESCRIPTION, { header: 'KEYS', cell: (object) => String(keysOf(object)) }],
};

/** Secrets that promotions read with `secret()`. */
export const genericCredentials: DataKind = {
  kind: 'Secret',
  noun: 'generic credentials',
  collection: 'generic-credentials',
  system: true,
  columns: [nameColumn, DESCRIPTION],
};

/** Secrets for repositories. */
export const repoCredentials: DataKind = {
  kind: 'Secret',
  noun: 'repo credentials',
  collection: 'repo-credentials',
  system: false,
  columns: [
    nameColumn,
    { header: 'TYPE', cell: (object) => object.metadata.labels?.['kargo.akuity.io/cred-type'] ?? '' },
    { header: 'REGEX', cell: (object) => textAt(object, 'stringData', 'repoURLIsRegex') || 'false' },
    { header: 'REPO', cell: (object) => textAt(object, 'stringData', 'repoURL') },
  ],
};

/** What is said when the flags choose no scope. */
export function scopeNeeded({ system }: DataKind): string {
  return system ? 'one of project, shared, or system is required' : 'either project or shared is required';
}

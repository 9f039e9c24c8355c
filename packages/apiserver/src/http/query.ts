import { ApiError } from '@kargo/api';
import type { DeleteOptions, PatchOptions } from '@kargo/kube';
import { isObject } from '../object/json.ts';

function boolean(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null || value === '' || value === 'false' || value === '0') return false;
  if (value === 'true' || value === '1') return true;
  throw new ApiError('BadRequest', `query parameter ${name}: ${JSON.stringify(value)} is neither true nor false`);
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^\d{1,15}$/.test(value))
    throw new ApiError('BadRequest', `query parameter ${name}: ${JSON.stringify(value)} is not a whole number`);
  return Number(value);
}

/** Options of a list or watch as they stand in a URL. */
export interface ReadQuery {
  watch: boolean;
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
  limit: number | undefined;
  continue: string | undefined;
  resourceVersion: string | undefined;
  exact: boolean;
  allowBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
  timeoutSeconds: number | undefined;
  /** What rows of tables carry of their objects. */
  includeObject: 'None' | 'Metadata' | 'Object';
}

export function readQuery(query: URLSearchParams): ReadQuery {
  const text = (name: string): string | undefined => query.get(name) ?? undefined;
  const include = text('includeObject');
  return {
    watch: boolean(query, 'watch'),
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    limit: integer(query, 'limit'),
    continue: text('continue'),
    resourceVersion: text('resourceVersion'),
    exact: text('resourceVersionMatch') === 'Exact',
    allowBookmarks: boolean(query, 'allowWatchBookmarks'),
    sendInitialEvents: query.has('sendInitialEvents') ? boolean(query, 'sendInitialEvents') : undefined,
    timeoutSeconds: integer(query, 'timeoutSeconds'),
    includeObject: include === 'None' || include === 'Object' ? include : 'Metadata',
  };
}

function dryRun(values: readonly unknown[]): boolean {
  const unknown = values.find((value) => value !== 'All' && value !== '');
  if (unknown !== undefined)
    throw new ApiError('BadRequest', `dryRun: Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`);
  return values.includes('All');
}

/** Options of a write. Fields unknown to the schema are reported by default, as Kubernetes does over HTTP. */
export function writeQuery(query: URLSearchParams): PatchOptions {
  const validation = query.get('fieldValidation') ?? '';
  if (validation !== '' && validation !== 'Strict' && validation !== 'Warn' && validation !== 'Ignore')
    throw new ApiError(
      'BadRequest',
      `fieldValidation: Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`,
    );
  return {
    dryRun: dryRun(query.getAll('dryRun')),
    fieldManager: query.get('fieldManager') ?? undefined,
    fieldValidation: validation === '' ? 'Warn' : validation,
    force: boolean(query, 'force'),
  };
}

const POLICIES = ['Orphan', 'Background', 'Foreground'] as const;

/** Options of a deletion, from the body where there is one and from the URL otherwise. */
export function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given = isObject(body) ? body : {};
  const orphan = given['orphanDependents'] ?? (query.has('orphanDependents') ? boolean(query, 'orphanDependents') : undefined);
  const wanted = given['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined;
  const policy = POLICIES.find((candidate) => candidate === wanted);
  if (wanted !== undefined && policy === undefined)
    throw new ApiError(
      'BadRequest',
      `propagationPolicy: Unsupported value: ${JSON.stringify(wanted)}: supported values: ${POLICIES.map((name) => `"${name}"`).join(', ')}`,
    );
  const preconditions = isObject(given['preconditions']) ? given['preconditions'] : undefined;
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    dryRun: dryRun([...(Array.isArray(given['dryRun']) ? (given['dryRun'] as unknown[]) : []), ...query.getAll('dryRun')]),
    propagationPolicy: policy ?? (orphan === true ? 'Orphan' : undefined),
    preconditions:
      preconditions === undefined
        ? undefined
        : { uid: text(preconditions['uid']), resourceVersion: text(preconditions['resourceVersion']) },
  };
}

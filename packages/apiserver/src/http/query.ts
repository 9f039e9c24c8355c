import { ApiError, invalid, type FieldError } from '@kargo/api';
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
  const watch = boolean(query, 'watch');
  refuseOptions('ListOptions', matchErrors(query, watch));
  return {
    watch,
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

type OptionsKind = 'ListOptions' | 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

/** Fails with `Invalid` as the API machinery of Kubernetes words it, when there is anything to say. */
function refuseOptions(kind: OptionsKind, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind, plural: kind.toLowerCase() }, '', errors);
}

function forbidden(field: string, detail: string): FieldError {
  return { field, type: 'FieldValueForbidden', detail };
}

function unsupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  return {
    field,
    type: 'FieldValueNotSupported',
    value,
    detail: `supported values: ${supported.map((item) => JSON.stringify(item)).join(', ')}`,
  };
}

const MATCH = 'resourceVersionMatch';
const NOT_OLDER = 'NotOlderThan';

function matchErrors(query: URLSearchParams, watch: boolean): FieldError[] {
  const match = query.get(MATCH) ?? '';
  const initial = query.has('sendInitialEvents');
  const errors: FieldError[] = [];
  if (initial && !watch) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (initial && watch && match !== NOT_OLDER)
    errors.push(forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to ${NOT_OLDER}`));
  if (match === '') return errors;
  const version = query.get('resourceVersion') ?? '';
  if (watch && !initial) errors.push(forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`));
  if (!watch && version === '') errors.push(forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
  if ((query.get('continue') ?? '') !== '') errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
  const supported = watch ? [NOT_OLDER] : ['Exact', NOT_OLDER];
  if (!supported.includes(match)) errors.push(unsupported(MATCH, match, supported));
  if (!watch && match === 'Exact' && version === '0')
    errors.push(forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`));
  return errors;
}

function dryRunErrors(values: readonly unknown[]): FieldError[] {
  return values.filter((value) => value !== 'All' && value !== '').map((value) => unsupported('dryRun', value, ['All']));
}

/** Options of a write. Fields unknown to the schema are reported by default, as Kubernetes does over HTTP. Fails with `Invalid`. */
export function writeQuery(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  applies: boolean,
): PatchOptions {
  const errors = dryRunErrors(query.getAll('dryRun'));
  const validation = query.get('fieldValidation') ?? '';
  const known = (['Ignore', 'Strict', 'Warn'] as const).find((candidate) => candidate === validation);
  if (validation !== '' && known === undefined)
    errors.push(unsupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
  const fieldManager = query.get('fieldManager') ?? undefined;
  if (fieldManager !== undefined && fieldManager.length > MAX_MANAGER)
    errors.push({ field: 'fieldManager', type: 'FieldValueTooLong', detail: `may not be more than ${MAX_MANAGER} bytes` });
  if (/[^\P{C}]/u.test(fieldManager ?? ''))
    errors.push({
      field: 'fieldManager',
      type: 'FieldValueInvalid',
      value: fieldManager,
      detail: 'should only contain printable characters',
    });
  const force = kind === 'PatchOptions' && boolean(query, 'force');
  if (kind === 'PatchOptions' && query.has('force') && !applies)
    errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  refuseOptions(kind, errors);
  return { dryRun: query.getAll('dryRun').includes('All'), fieldManager, fieldValidation: known ?? 'Warn', force };
}

const MAX_MANAGER = 128;
const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;

/** Options of a deletion, from the body where there is one and from the URL otherwise. Fails with `Invalid`. */
export function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  if (body !== undefined && !isObject(body)) throw new ApiError('BadRequest', 'the body of a deletion must be DeleteOptions');
  const given = body ?? {};
  if (given['kind'] !== undefined && given['kind'] !== 'DeleteOptions')
    throw new ApiError('BadRequest', `the body of a deletion must be DeleteOptions, not ${JSON.stringify(given['kind'])}`);
  const orphan = given['orphanDependents'] ?? (query.has('orphanDependents') ? boolean(query, 'orphanDependents') : undefined);
  const wanted = given['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined;
  const policy = POLICIES.find((candidate) => candidate === wanted);
  const dryRun = [...(Array.isArray(given['dryRun']) ? (given['dryRun'] as unknown[]) : []), ...query.getAll('dryRun')];
  const errors = dryRunErrors(dryRun);
  const grace = given['gracePeriodSeconds'] ?? integer(query, 'gracePeriodSeconds');
  if (typeof grace === 'number' ? !Number.isInteger(grace) || grace < 0 : grace !== undefined)
    errors.push({
      field: 'gracePeriodSeconds',
      type: 'FieldValueInvalid',
      value: grace,
      detail: 'must be greater than or equal to 0',
    });
  if (wanted !== undefined && policy === undefined) errors.push(unsupported('propagationPolicy', wanted, POLICIES));
  if (orphan !== undefined && wanted !== undefined)
    errors.push({
      field: 'propagationPolicy',
      type: 'FieldValueInvalid',
      value: wanted,
      detail: 'orphanDependents and deletionPropagation cannot be both set',
    });
  refuseOptions('DeleteOptions', errors);
  const preconditions = isObject(given['preconditions']) ? given['preconditions'] : undefined;
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    dryRun: dryRun.includes('All'),
    propagationPolicy: policy ?? (orphan === true ? 'Orphan' : undefined),
    preconditions:
      preconditions === undefined
        ? undefined
        : { uid: text(preconditions['uid']), resourceVersion: text(preconditions['resourceVersion']) },
  };
}

import type { KubeObject, ObjectKey } from './meta.ts';
import type { Kind } from './kind.ts';

/** Reasons of a Kubernetes Status, as API machinery defines them. */
export type StatusReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'UnsupportedMediaType'
  | 'RequestEntityTooLarge'
  | 'TooManyRequests'
  | 'InternalError'
  | 'ServiceUnavailable'
  | 'Timeout';

const CODES: Record<StatusReason, number> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
};

/** One problem of an object: where, what was found, what is allowed. */
export interface FieldError {
  /** Kubernetes field path, e.g. `spec.requestedFreight[0].origin.kind`. */
  field: string;
  type:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueNotFound'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'InternalError';
  /** The offending value, if it helps. */
  value?: unknown;
  detail: string;
}

export interface StatusDetails {
  name?: string | undefined;
  group?: string | undefined;
  kind?: string | undefined;
  causes?: { reason?: string; message?: string; field?: string }[] | undefined;
  retryAfterSeconds?: number | undefined;
}

/** The Kubernetes `Status` object of a failed call. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure';
  message: string;
  reason: StatusReason;
  details?: StatusDetails | undefined;
  code: number;
}

/** A refused or failed API call. Every error of the API, in process or over the wire, is one of these. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly reason: StatusReason;
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(
    reason: StatusReason,
    message: string,
    options: { details?: StatusDetails | undefined; code?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.code = options.code ?? CODES[reason];
    this.details = options.details;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }

  static fromStatus(status: Partial<Status>): ApiError {
    return new ApiError(status.reason ?? 'InternalError', status.message ?? 'the server gave no reason', {
      details: status.details,
      ...(status.code === undefined ? {} : { code: status.code }),
    });
  }
}

type KindName = Pick<Kind<KubeObject>, 'group' | 'kind' | 'plural'>;

function subject(kind: KindName, name: string): string {
  return `${kind.plural}${kind.group === '' ? '' : `.${kind.group}`} "${name}"`;
}

function details(kind: KindName, name: string): StatusDetails {
  return { name, group: kind.group, kind: kind.plural };
}

/** 404, worded as Kubernetes words it. */
export function notFound(kind: KindName, { name }: ObjectKey): ApiError {
  return new ApiError('NotFound', `${subject(kind, name)} not found`, { details: details(kind, name) });
}

/** 409 on create. */
export function alreadyExists(kind: KindName, { name }: ObjectKey): ApiError {
  return new ApiError('AlreadyExists', `${subject(kind, name)} already exists`, { details: details(kind, name) });
}

/** 409 on a write with a stale resourceVersion or failed precondition. */
export function conflict(kind: KindName, { name }: ObjectKey, why: string): ApiError {
  return new ApiError('Conflict', `Operation cannot be fulfilled on ${subject(kind, name)}: ${why}`, {
    details: details(kind, name),
  });
}

/** 403. */
export function forbidden(kind: KindName, { name }: ObjectKey, why: string): ApiError {
  const what = name === '' ? `${kind.plural}${kind.group === '' ? '' : `.${kind.group}`}` : subject(kind, name);
  return new ApiError('Forbidden', `${what} is forbidden: ${why}`, { details: details(kind, name) });
}

/** 422 with every problem of the object at once. */
export function invalid(kind: KindName, name: string, errors: readonly FieldError[]): ApiError {
  const causes = errors.map((error) => ({ reason: error.type, message: fieldErrorText(error), field: error.field }));
  const texts = errors.map((error) => `${error.field}: ${fieldErrorText(error)}`);
  return new ApiError(
    'Invalid',
    `${kind.kind}${kind.group === '' ? '' : `.${kind.group}`} "${name}" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`,
    {
      details: { ...details(kind, name), kind: kind.kind, causes },
    },
  );
}

const LABELS: Record<FieldError['type'], string> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueNotFound: 'Not found',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
};

function fieldErrorText({ type, value, detail }: FieldError): string {
  const shown =
    value === undefined || type === 'FieldValueRequired' || type === 'FieldValueForbidden' ? '' : `: ${JSON.stringify(value)}`;
  return `${LABELS[type]}${shown}${detail === '' ? '' : `: ${detail}`}`;
}

/** Whether `error` is an API error of one of `reasons`. */
export function isReason(error: unknown, ...reasons: StatusReason[]): error is ApiError {
  return error instanceof ApiError && reasons.includes(error.reason);
}

const UNAVAILABLE: ReadonlySet<string> = new Set<StatusReason>(['ServiceUnavailable', 'Timeout', 'TooManyRequests']);

/**
 * Whether a call of the API failed, here or among the causes, only because the API could not answer just then. Nothing is wrong with
 * what was asked for: it is to be asked again.
 */
export function isUnavailable(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 10; current = current.cause, depth++)
    if (current instanceof ApiError && UNAVAILABLE.has(current.reason)) return true;
  return false;
}

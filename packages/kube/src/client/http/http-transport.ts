import { ApiError, type Status, type StatusReason } from '@kargo/api';
import type { Clock, Timer } from '../../ports/clock.ts';
import { FENCE_HEADER, fenceText, type Fence } from '../../election/fence.ts';
import type { RequestBudget } from './request-budget.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpTransportOptions {
  /** Root of the API, e.g. `http://127.0.0.1:8080`. */
  baseURL: string;
  /** Bearer token, or how to get the current one. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** Further headers of every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  fetch?: Fetch | undefined;
  clock: Clock;
  /** Longest a call other than a watch may take, in milliseconds. */
  timeout: number;
  budget?: RequestBudget | undefined;
}

export interface HttpCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with query. */
  path: string;
  body?: unknown;
  contentType?: string | undefined;
  signal?: AbortSignal | undefined;
  onWarning?: ((warning: string) => void) | undefined;
  fence?: Fence | undefined;
}

/** Makes single requests to a Kubernetes API. Every failure is an `ApiError`, but for an abort by the caller: its reason. */
export class HttpTransport {
  readonly #options: HttpTransportOptions;
  readonly #base: string;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#base = options.baseURL.replace(/\/+$/, '');
  }

  now(): number {
    return this.#options.clock.now();
  }

  /** The answer as JSON. */
  async json(call: HttpCall): Promise<unknown> {
    const deadline = new AbortController();
    const { clock, timeout } = this.#options;
    const timer = clock.setTimer(clock.now() + timeout, () =>
      deadline.abort(new ApiError('Timeout', `${call.method} ${call.path}: no answer within ${timeout / 1000} s`)),
    );
    const signal = call.signal === undefined ? deadline.signal : AbortSignal.any([call.signal, deadline.signal]);
    try {
      const response = await this.#send(call, signal);
      const text = await response.text();
      return parse(text, `${call.method} ${call.path}`);
    } catch (error) {
      throw this.#failure(error, call, deadline.signal);
    } finally {
      timer.cancel();
    }
  }

  /** The answer as a stream of bytes. That it begins takes as long as other calls at most. */
  async stream(call: HttpCall, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { clock, timeout } = this.#options;
    const deadline = new AbortController();
    const timer = clock.setTimer(clock.now() + timeout, () =>
      deadline.abort(new ApiError('Timeout', `${call.method} ${call.path}: no answer within ${timeout / 1000} s`)),
    );
    try {
      const response = await this.#send(call, AbortSignal.any([signal, deadline.signal]));
      return response.body ?? emptyBody();
    } catch (error) {
      throw this.#failure(error, call, deadline.signal);
    } finally {
      timer.cancel();
    }
  }

  /** Calls `fire` after so many milliseconds. */
  timer(milliseconds: number, fire: () => void): Timer {
    const { clock } = this.#options;
    return clock.setTimer(clock.now() + milliseconds, fire);
  }

  async #send(call: HttpCall, signal: AbortSignal): Promise<Response> {
    const { token, headers, fetch = globalThis.fetch } = this.#options;
    await this.#options.budget?.take(signal);
    const bearer = typeof token === 'function' ? await token() : token;
    const response = await fetch(this.#base + call.path, {
      method: call.method,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(call.fence === undefined ? {} : { [FENCE_HEADER]: fenceText(call.fence) }),
        ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal,
    });
    if (!response.ok) throw refusal(response, await response.text(), call, this.now());
    for (const warning of warnings(response.headers.get('warning'))) call.onWarning?.(warning);
    return response;
  }

  #failure(error: unknown, call: HttpCall, deadline?: AbortSignal): unknown {
    if (call.signal?.aborted === true) return call.signal.reason;
    if (deadline?.aborted === true) return deadline.reason;
    return error instanceof ApiError
      ? error
      : unreachable(error, `${call.method} ${call.path}: the API at ${withoutCredentials(this.#base)} cannot be reached`);
  }
}

/** 503 with the cause: the API could not be reached, or the connection broke. */
export function unreachable(cause: unknown, what: string): ApiError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const why = inner instanceof Error ? inner.message || inner.name : String(inner);
  return new ApiError('ServiceUnavailable', `${what}: ${why}`, { cause });
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError('InternalError', `${what}: the answer is not JSON`, { cause });
  }
}

const REASONS: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The error an answer stands for: its Status, or what the code says when a proxy answered instead. */
function refusal(response: Response, text: string, call: HttpCall, now: number): ApiError {
  const wait = retryAfter(response.headers.get('retry-after'), now);
  const status = asStatus(text);
  if (status !== undefined)
    return ApiError.fromStatus({
      reason: REASONS[response.status] ?? 'InternalError',
      code: response.status,
      ...status,
      ...(wait === undefined ? {} : { details: { retryAfterSeconds: wait, ...status.details } }),
    });
  const shown = text.slice(0, 200).trim();
  return new ApiError(
    REASONS[response.status] ?? 'InternalError',
    `${call.method} ${call.path}: HTTP ${response.status}${shown === '' ? '' : `: ${shown}`}`,
    { code: response.status, ...(wait === undefined ? {} : { details: { retryAfterSeconds: wait } }) },
  );
}

/** The seconds that a `Retry-After` header asks for, as a number or as a date; at most an hour. */
function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), 3600);
}

function asStatus(text: string): Partial<Status> | undefined {
  try {
    const value = JSON.parse(text) as Partial<Status> | null;
    if (typeof value !== 'object' || value === null || value.kind !== 'Status') return undefined;
    const { reason, ...rest } = value;
    return reason === undefined || (reason as string) === '' ? rest : value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The texts of a Warning header: `299 - "text"`, several separated by commas. */
function* warnings(header: string | null): Generator<string> {
  if (header === null) return;
  for (const [, text] of header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g))
    if (text !== undefined) yield text.replaceAll(/\\(.)/g, '$1');
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

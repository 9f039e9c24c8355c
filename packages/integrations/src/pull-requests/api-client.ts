import { HttpError } from '../http/http-error.ts';
import type { Http } from '../http/port.ts';
import { messageOf } from '../port-error.ts';
import type { PullRequestErrorCode } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';

const TIMEOUT_MS = 60_000;
const MAX_BODY = 8 * 1024 * 1024;
/** Pages read of any list. */
export const MAX_PAGES = 20;

/** What an API answered. `json` is undefined for an empty or unreadable body. */
export interface ApiAnswer<T> {
  status: number;
  headers: Readonly<Record<string, string>>;
  json: T;
}

/** A request to an API. */
export interface ApiRequest {
  query?: Readonly<Record<string, string | number | undefined>> | undefined;
  body?: object | undefined;
  /** Statuses outside of 200–299 that are an answer. */
  accept?: readonly number[] | undefined;
}

/** JSON over HTTP with one API; every failure is a `PullRequestError` that says what was being done and what the API said. */
export class ApiClient {
  readonly #options: {
    http: Http;
    base: string;
    headers: Readonly<Record<string, string>>;
    insecureSkipTLSVerify: boolean | undefined;
    signal: AbortSignal | undefined;
  };

  constructor(options: {
    http: Http;
    /** Without a slash at the end. */
    base: string;
    headers: Readonly<Record<string, string>>;
    insecureSkipTLSVerify: boolean | undefined;
    signal: AbortSignal | undefined;
  }) {
    this.#options = options;
  }

  /** `action` is for errors, after "could not". The answer is taken for a `T`: callers look at the fields they use. */
  async send<T>(action: string, method: string, path: string, request: ApiRequest = {}): Promise<ApiAnswer<T>> {
    const { http, base, headers, insecureSkipTLSVerify, signal } = this.#options;
    const url = new URL(path.startsWith(`${base}/`) ? path : `${base}${path}`);
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) url.searchParams.append(name, String(value));
    let answer;
    try {
      answer = await http.send({
        method,
        url: url.href,
        headers: {
          accept: 'application/json',
          ...headers,
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        timeout: TIMEOUT_MS,
        maxBody: MAX_BODY,
        insecureSkipTLSVerify,
        signal,
      });
    } catch (error) {
      throw connectionFailure(action, error);
    }
    const json = readJson(answer.body);
    if ((answer.status < 200 || answer.status > 299) && request.accept?.includes(answer.status) !== true)
      throw answerFailure(action, answer.status, answer.headers, json);
    return { status: answer.status, headers: answer.headers, json: json as T };
  }
}

/** The error for a request that got no answer. */
export function connectionFailure(action: string, error: unknown): PullRequestError {
  const codes: Readonly<Record<string, PullRequestErrorCode>> = {
    timeout: 'timeout',
    aborted: 'aborted',
    tls: 'unreachable',
    unreachable: 'unreachable',
  };
  const code = error instanceof HttpError ? (codes[error.code] ?? 'invalid') : 'failed';
  return new PullRequestError(code, `could not ${action}: ${messageOf(error)}`, { cause: error });
}

/** The error for an answer that says no. */
export function answerFailure(
  action: string,
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  json: unknown,
): PullRequestError {
  const said = wordsOf(json);
  const limited =
    status === 429 || (status === 403 && (headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined));
  const [code, advice] = limited
    ? (['rateLimited', 'the provider limits requests; it is worth trying again later'] as const)
    : classify(status);
  return new PullRequestError(
    code,
    `could not ${action}: ${advice}; the provider answered ${status}${said === '' ? '' : `: ${said}`}`,
    {
      status,
    },
  );
}

function classify(status: number): readonly [PullRequestErrorCode, string] {
  if (status === 401 || status === 403 || status === 203 || (status >= 300 && status < 400))
    return ['authentication', 'check the token of this repository and what it may do'];
  if (status === 404 || status === 410)
    return ['notFound', 'check the URL and the number, and whether the token may see the repository'];
  if (status === 408 || status >= 500) return ['unreachable', 'the provider is in trouble; it is worth trying again'];
  return ['refused', 'the provider refuses this'];
}

/** What an answer says in words, wherever the provider puts them; at most 500 characters. */
export function wordsOf(json: unknown): string {
  const words: string[] = [];
  const collect = (value: unknown, depth: number): void => {
    if (depth > 4 || value === null) return;
    if (typeof value === 'string') words.push(value);
    else if (Array.isArray(value)) for (const item of value) collect(item, depth + 1);
    else if (typeof value === 'object') {
      for (const name of ['message', 'error', 'errors', 'detail', 'error_description'])
        if (name in value) collect((value as Record<string, unknown>)[name], depth + 1);
    }
  };
  if (typeof json !== 'string') collect(json, 0);
  return [...new Set(words)].join('; ').slice(0, 500);
}

function readJson(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

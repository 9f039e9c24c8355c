/** One Argo CD API server, over HTTP. */
import { ApiError, type Json, type StatusReason } from '@kargo/api';
import { HttpError } from '../http/http-error.ts';
import type { Http } from '../http/port.ts';

/** How an Argo CD API server is reached. */
export interface ArgoCDServerOptions {
  http: Http;
  /** Address with scheme, and with the root path if it has one: `https://argocd.example.com`. */
  server: string;
  /** Token of an account or a project role; a secret. It is asked for at every request, so that it may be renewed. */
  token: () => string | Promise<string>;
  /** Project of Argo CD that the token is for. With it, a missing Application can be told from one that may not be seen. */
  project?: string | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  /** Authorities (PEM) that may have signed its certificate, in place of those that the system trusts. */
  ca?: string | undefined;
}

/** A request of its API. */
export interface ArgoCDCall {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path segments after `/api/v1`. */
  path: readonly string[];
  query?: Readonly<Record<string, string | undefined>> | undefined;
  body?: Json | undefined;
  signal?: AbortSignal | undefined;
}

const TIMEOUT = 60_000;
/** Lists of Applications come in one piece. */
const MAX_BODY = 256 * 1024 * 1024;
/** A stream goes on as long as both sides want it to. */
const ENDLESS = 2 ** 31 - 1;

const REASONS: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  502: 'ServiceUnavailable',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Speaks the REST API of Argo CD. Every failure is an `ApiError`, except an abort, which rejects with the signal's reason. */
export class ArgoCDServer {
  readonly #options: ArgoCDServerOptions;

  constructor(options: ArgoCDServerOptions) {
    this.#options = options;
  }

  /** The JSON of the answer. */
  async call<T>(call: ArgoCDCall): Promise<T> {
    const what = `${call.method} ${this.#shown(call)}`;
    const response = await this.#send(call, what);
    const text = new TextDecoder().decode(response.body);
    if (response.status < 200 || response.status > 299) throw refusal(response.status, text, what);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new ApiError('ServiceUnavailable', `${what}: the answer is not JSON; is this the address of an Argo CD API server?`, {
        cause,
      });
    }
  }

  /** The bytes of an answer as they come. Ends with the answer; leaving the loop ends the request. */
  async *stream(call: ArgoCDCall): AsyncGenerator<Uint8Array> {
    const what = `${call.method} ${this.#shown(call)}`;
    const leaving = new AbortController();
    const signal = call.signal === undefined ? leaving.signal : AbortSignal.any([call.signal, leaving.signal]);
    let next: Uint8Array | undefined;
    let wake: () => void = () => undefined;
    // Nothing more is read before what was read is wanted.
    let taken: () => void = () => undefined;
    let ended: { error?: Error } | undefined;
    const sent = this.#send({ ...call, signal }, what, (status) =>
      status !== 200
        ? undefined
        : async (pieces) => {
            for await (const piece of pieces) {
              if (leaving.signal.aborted) return;
              next = piece;
              const wanted = new Promise<void>((resolve) => (taken = resolve));
              wake();
              await wanted;
            }
          },
    ).then(
      (response) => {
        ended = response.status === 200 ? {} : { error: refusal(response.status, new TextDecoder().decode(response.body), what) };
        wake();
      },
      (error: unknown) => {
        ended = { error: error instanceof Error ? error : new Error(String(error)) };
        wake();
      },
    );
    try {
      for (;;) {
        const chunk = next;
        if (chunk !== undefined) {
          next = undefined;
          yield chunk;
          taken();
        } else if (ended !== undefined) {
          if (ended.error !== undefined) throw ended.error;
          return;
        } else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      leaving.abort();
      taken();
      await sent;
    }
  }

  async #send(
    { method, path, query = {}, body, signal }: ArgoCDCall,
    what: string,
    sink?: (status: number) => ((pieces: AsyncIterable<Uint8Array>) => Promise<void>) | undefined,
  ): ReturnType<Http['send']> {
    const { http, server, token, project, insecureSkipTLSVerify, ca } = this.#options;
    const url = new URL(`${server.replace(/\/+$/, '')}/api/v1/${path.map(encodeURIComponent).join('/')}`);
    const parameters = method === 'GET' ? { project, ...query } : query;
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined && value !== '') url.searchParams.set(name, value);
    try {
      return await http.send({
        method,
        url: url.href,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${await token()}`,
          // Argo CD refuses writes of any other type, as protection against requests that browsers can be made to send.
          ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(sink === undefined
          ? { timeout: TIMEOUT, maxBody: MAX_BODY }
          : {
              timeout: ENDLESS,
              headerTimeout: TIMEOUT,
              maxBody: Number.MAX_SAFE_INTEGER,
              receive: ({ status }) => sink(status),
            }),
        insecureSkipTLSVerify,
        ca,
        maxRedirects: 0,
        signal,
      });
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (!(error instanceof HttpError)) throw error;
      const reason = error.code === 'timeout' ? 'Timeout' : error.transient ? 'ServiceUnavailable' : 'BadRequest';
      throw new ApiError(reason, `${what}: ${error.message}`, { cause: error });
    }
  }

  #shown({ path }: ArgoCDCall): string {
    return `${new URL(this.#options.server).host}/api/v1/${path.join('/')}`;
  }
}

/** What Argo CD says about a request that it refuses: `{error, code, message}`, or a page of whatever stands before it. */
function refusal(status: number, text: string, what: string): ApiError {
  let said = text.slice(0, 200);
  try {
    const { message, error } = JSON.parse(text) as { message?: unknown; error?: unknown };
    if (typeof message === 'string' || typeof error === 'string') said = String(message ?? error);
  } catch {
    // Not Argo CD's own words.
  }
  const advice =
    status === 401 ? '; check the token' : status >= 300 && status < 400 ? '; it redirects: use the address it redirects to' : '';
  // A server in trouble may be well again soon.
  const reason = REASONS[status] ?? (status >= 500 ? 'ServiceUnavailable' : 'BadRequest');
  return new ApiError(reason, `${what}: Argo CD answered ${status}: ${said}${advice}`);
}

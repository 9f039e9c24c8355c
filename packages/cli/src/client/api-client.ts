import { STATUS_CODES } from 'node:http';
import { CLIError, messageOf } from '../cli-error.ts';
import type { Connection } from '../config/connection.ts';
import type { CLIIO } from '../io.ts';
import { CLIENT_VERSION } from '../version.ts';
import { readEvents, readText } from './event-stream.ts';
import type { StreamEvent } from './event-stream.ts';

export interface ApiRequest {
  /** What the call does, as a prefix of its failure: `list promotions`. */
  operation?: string | undefined;
  /** Values that are undefined are left out; lists are repeated. */
  query?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is, as `text/plain`. */
  text?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A call that the server refused. */
export class RequestError extends CLIError {
  readonly status: number;

  constructor(message: string, status: number) {
    super('Request', message);
    this.status = status;
  }
}

/** The REST API as one user. Path segments are given separately and are encoded here. */
export class ApiClient {
  readonly #connection: Connection;
  readonly #io: CLIIO;

  constructor(connection: Connection, io: CLIIO) {
    this.#connection = connection;
    this.#io = io;
  }

  /** The JSON body of the answer, undefined where it has none. Fails with {@link RequestError}, or `CLIError` when the server is not reached. */
  async call<T>(method: string, path: readonly string[], request: ApiRequest = {}): Promise<T> {
    const response = await this.#send(method, path, request, 'application/json');
    const body = await response.text();
    if (!response.ok) throw new RequestError(`${prefix(request)}${statusText(response)}: ${body.trim()}`, response.status);
    if (body.trim() === '') return undefined as T;
    try {
      return JSON.parse(body) as T;
    } catch (error) {
      throw new CLIError(
        'Response',
        `${prefix(request)}the server's answer is not JSON; is ${this.#connection.address} a Kargo API server?`,
        error,
      );
    }
  }

  /** Events of a watch, until the server ends it or the signal aborts. Fails as {@link call} does. */
  async *watch(path: readonly string[], request: ApiRequest = {}): AsyncGenerator<StreamEvent> {
    yield* readEvents(await this.#stream(path, { ...request, query: { ...request.query, watch: 'true' } }));
  }

  /** A log, in pieces as they come. Fails as {@link call} does. */
  async *text(path: readonly string[], request: ApiRequest = {}): AsyncGenerator<string> {
    yield* readText(await this.#stream(path, request));
  }

  async #stream(path: readonly string[], request: ApiRequest): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send('GET', path, request, 'text/event-stream');
    if (response.status === 200 && response.body !== null) return response.body;
    const body = await response.text();
    throw new RequestError(`${prefix(request)}unexpected status ${response.status}: ${body.trim()}`, response.status);
  }

  async #send(method: string, path: readonly string[], request: ApiRequest, accept: string): Promise<Response> {
    const { address, token, insecure } = this.#connection;
    const body = request.text ?? (request.json === undefined ? undefined : JSON.stringify(request.json));
    const type = request.text === undefined ? 'application/json' : 'text/plain';
    const url = `${address}/v1beta1/${path.map(encodeURIComponent).join('/')}${queryText(request.query)}`;
    try {
      return await this.#io.fetch(url, {
        method,
        headers: {
          Accept: accept,
          'X-Kargo-CLI-Version': CLIENT_VERSION.slice(1),
          // Unlike the reference, this client takes fields it does not know.
          'X-Kargo-Client': 'ts',
          ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'Content-Type': type }),
        },
        body,
        signal: request.signal,
        insecure,
      });
    } catch (error) {
      if (request.signal?.aborted === true) throw error;
      throw new CLIError('Unreachable', `${prefix(request)}cannot reach ${address}: ${messageOf(error)}${hint(error)}`, error);
    }
  }
}

/** What to do about a server that is not there. */
function hint(error: unknown): string {
  return messageOf(error).includes('ECONNREFUSED')
    ? '; no server listens there (yet): `kargo up` starts one, and says where'
    : '';
}

function prefix({ operation }: ApiRequest): string {
  return operation === undefined ? '' : `${operation}: `;
}

function statusText({ status, statusText: given }: Response): string {
  return `${status} ${given === '' ? (STATUS_CODES[status] ?? '') : given}`.trimEnd();
}

function queryText(query: ApiRequest['query'] = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of typeof value === 'string' ? [value] : value) parameters.append(name, item);
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

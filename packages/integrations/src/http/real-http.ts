import { lookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LookupFunction } from 'node:net';
import { messageOf, systemCode } from '../port-error.ts';
import { isLinkLocal } from './addresses.ts';
import { HttpError } from './http-error.ts';
import type { BodySource, Http, HttpRequest, HttpResponse, HttpResponseHead } from './port.ts';

const DEFAULT_MAX_BODY = 2 * 1024 * 1024;
const DEFAULT_MAX_REDIRECTS = 10;
const REFUSED = 'ELINKLOCAL';

/** Settings of {@link realHttp}. */
export interface RealHttpOptions {
  /** Proxies as environment variables: `http_proxy`, `https_proxy`, `no_proxy`. */
  environment?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether link-local addresses may be reached: only for questions about this machine that no user can change. Default no.
   */
  allowLinkLocal?: boolean | undefined;
  /** Sent unless a request has its own. */
  userAgent?: string | undefined;
}

/** HTTP over this machine's network, with kept-alive connections. Fails with `HttpError` only when there is no answer. */
export function realHttp(options: RealHttpOptions = {}): Http & { close(): void } {
  const allowLinkLocal = options.allowLinkLocal === true;
  const shared = {
    keepAlive: true,
    maxSockets: 64,
    ...(allowLinkLocal ? {} : { lookup: guardedLookup }),
    ...(options.environment === undefined ? {} : { proxyEnv: withoutLoopback(options.environment) }),
  };
  const agents = {
    http: new HttpAgent(shared),
    https: new HttpsAgent(shared),
    insecure: new HttpsAgent({ ...shared, rejectUnauthorized: false }),
  };
  // There are as many as settings name: few, and for as long as the process lives.
  const byAuthority = new Map<string, HttpsAgent>();
  const agentsFor = ({ ca }: HttpRequest): Agents => {
    if (ca === undefined || ca === '') return agents;
    const https = byAuthority.get(ca) ?? new HttpsAgent({ ...shared, ca });
    byAuthority.set(ca, https);
    return { ...agents, https };
  };
  return {
    async send(request) {
      const userAgent = options.userAgent ?? 'kargo';
      if (request.proxy === undefined || request.proxy === '')
        return send(request, agentsFor(request), { userAgent, allowLinkLocal });
      const own = proxyAgents(request, request.proxy);
      try {
        return await send(request, own, { userAgent, allowLinkLocal: false });
      } finally {
        for (const agent of Object.values(own)) agent.destroy();
      }
    },
    close() {
      for (const agent of [...Object.values(agents), ...byAuthority.values()]) agent.destroy();
    },
  };
}

interface Agents {
  http: HttpAgent;
  https: HttpsAgent;
  insecure: HttpsAgent;
}

/** This machine itself is never reached through a proxy. */
function withoutLoopback(environment: Readonly<Record<string, string>>): Record<string, string> {
  const { no_proxy: given = '' } = environment;
  return {
    ...environment,
    no_proxy: [given, 'localhost', '.localhost', '127.0.0.1', '::1'].filter((host) => host !== '').join(','),
  };
}

/** Agents for one request through a proxy of its own: which hosts it serves is the proxy's business, not the environment's. */
function proxyAgents(request: HttpRequest, proxy: string): Agents {
  const url = parse({ ...request, url: proxy }, proxy, { subject: 'the proxy is' });
  const shared = { lookup: guardedLookup, proxyEnv: { http_proxy: url.href, https_proxy: url.href, no_proxy: '' } };
  return {
    http: new HttpAgent(shared),
    https: new HttpsAgent(shared),
    insecure: new HttpsAgent({ ...shared, rejectUnauthorized: false }),
  };
}

/** What all requests of one implementation have in common. */
interface Rules {
  userAgent: string;
  allowLinkLocal: boolean;
}

async function send(request: HttpRequest, agents: Agents, rules: Rules): Promise<HttpResponse> {
  const abort = new AbortController();
  const timer = setTimeout(
    () =>
      abort.abort(
        new HttpError('timeout', `${describe(request, request.url)} did not finish within ${request.timeout / 1000} s`),
      ),
    Math.min(request.timeout, 0x7fffffff),
  );
  const onAbort = (): void =>
    abort.abort(new HttpError('aborted', `${describe(request, request.url)} was cancelled`, { cause: request.signal?.reason }));
  if (request.signal?.aborted === true) onAbort();
  request.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await follow(request, agents, rules, abort);
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', onAbort);
  }
}

async function follow(request: HttpRequest, agents: Agents, rules: Rules, abort: AbortController): Promise<HttpResponse> {
  const limit = request.maxRedirects ?? DEFAULT_MAX_REDIRECTS;
  let { method, body, bodyFrom } = request;
  const { userAgent, allowLinkLocal } = rules;
  let url = parse(request, request.url, { allowLinkLocal });
  let headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': userAgent };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  for (let redirects = 0; ; redirects += 1) {
    const response = await exchangeWithRetry({ ...request, method, body, bodyFrom, headers }, url, agents, abort);
    const { location } = response.headers;
    if (location === undefined || !isRedirect(request, response)) return response;
    if (redirects >= limit) {
      throw new HttpError(
        'redirects',
        `${describe(request, request.url)} was redirected more than ${limit} times; check the address`,
      );
    }
    const next = parse(request, location, { base: url, allowLinkLocal });
    if (next.origin !== url.origin) {
      // Credentials are for the host they were given for.
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRET_HEADERS.has(name)));
    }
    const becomesGet = response.status === 303 ? method !== 'HEAD' : response.status <= 302 && method === 'POST';
    if (becomesGet) {
      method = 'GET';
      body = undefined;
      bodyFrom = undefined;
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')));
    }
    url = next;
  }
}

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'private-token',
  'x-api-key',
]);

async function exchangeWithRetry(request: HttpRequest, url: URL, agents: Agents, abort: AbortController): Promise<HttpResponse> {
  try {
    return await exchange(request, url, agents, abort);
  } catch (error) {
    // A kept-alive connection that the server closed in the very moment of the request says nothing about the server.
    const stale = error instanceof HttpError && error.cause instanceof StaleConnection;
    if (!stale || (request.method !== 'GET' && request.method !== 'HEAD')) throw error;
    return exchange(request, url, agents, abort);
  }
}

class StaleConnection extends Error {}

function exchange(request: HttpRequest, url: URL, agents: Agents, abort: AbortController): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    let sent: ClientRequest;
    let headerTimer: NodeJS.Timeout | undefined;
    const fail = (error: unknown): void => {
      clearTimeout(headerTimer);
      // What those who read or give bodies say is passed on as it is.
      const own = error instanceof OwnFailure ? error.cause : undefined;
      reject(own ?? (error instanceof HttpError ? error : classify(request, url, error, abort, sent?.reusedSocket === true)));
    };
    try {
      const length = request.bodyFrom === undefined ? {} : { 'content-length': String(request.bodyFrom.size) };
      const options = { method: request.method, headers: { ...request.headers, ...length }, signal: abort.signal };
      sent =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, agent: request.insecureSkipTLSVerify === true ? agents.insecure : agents.https })
          : httpRequest(url, { ...options, agent: agents.http });
    } catch (error) {
      reject(new HttpError('invalid', `${describe(request, url.href)} cannot be sent: ${messageOf(error)}`, { cause: error }));
      return;
    }
    if (request.headerTimeout !== undefined) {
      const seconds = request.headerTimeout / 1000;
      headerTimer = setTimeout(
        () => sent.destroy(new HttpError('timeout', `${describe(request, url.href)} was not answered within ${seconds} s`)),
        request.headerTimeout,
      );
    }
    sent.on('error', fail);
    sent.on('response', (response) => {
      clearTimeout(headerTimer);
      receive(response, request, url).then(resolve, (error: unknown) => {
        sent.destroy();
        fail(error);
      });
    });
    if (request.bodyFrom === undefined) sent.end(request.body);
    else pipeline(Readable.from(piecesOf(request.bodyFrom)), sent).catch((error: unknown) => fail(error));
  });
}

async function* piecesOf(source: BodySource): AsyncGenerator<Uint8Array> {
  try {
    yield* source.open();
  } catch (error) {
    throw new OwnFailure('the source of the body failed', { cause: error });
  }
}

/** What the receiver of a body threw, or the source of one. */
class OwnFailure extends Error {}

function readerOf(request: HttpRequest, head: HttpResponseHead): ReturnType<NonNullable<HttpRequest['receive']>> {
  try {
    return isRedirect(request, head) ? undefined : request.receive?.(head);
  } catch (error) {
    throw new OwnFailure('refused', { cause: error });
  }
}

function isRedirect({ maxRedirects }: HttpRequest, { status, headers }: HttpResponseHead): boolean {
  return maxRedirects !== 0 && headers['location'] !== undefined && REDIRECTS.has(status);
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

async function receive(response: IncomingMessage, request: HttpRequest, url: URL): Promise<HttpResponse> {
  const head = headOf(response);
  const sink = readerOf(request, head);
  const limited = withinLimit(response, request, url);
  if (sink === undefined) return { ...head, body: Buffer.concat(await Array.fromAsync(limited)) };
  let ended: { error: unknown } | undefined;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* limited;
    } catch (error) {
      ended = { error };
      throw error;
    }
  };
  try {
    await sink(watched());
  } catch (error) {
    // A connection that broke is told from a receiver that did: the latter's words are passed on as they are.
    if (ended !== undefined) throw ended.error;
    throw new OwnFailure('refused', { cause: error });
  }
  // A connection with a rest on it that nobody wants is of no use to the next request.
  if (!response.complete) response.destroy();
  return { ...head, body: new Uint8Array() };
}

async function* withinLimit(response: IncomingMessage, request: HttpRequest, url: URL): AsyncGenerator<Uint8Array> {
  const limit = request.maxBody ?? DEFAULT_MAX_BODY;
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit)
      throw new HttpError('tooLarge', `the answer to ${describe(request, url.href)} is larger than ${limit} bytes`);
    yield chunk;
  }
}

function headOf(response: IncomingMessage): HttpResponseHead {
  const values: Record<string, readonly string[]> = {};
  for (const [name, list] of Object.entries(response.headersDistinct)) if (list !== undefined) values[name] = list;
  return { status: response.statusCode ?? 0, headers: plainHeaders(response), headerValues: values };
}

function plainHeaders(response: IncomingMessage): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) out[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return out;
}

function parse(
  request: HttpRequest,
  text: string,
  { base, subject = 'the address is', allowLinkLocal = false }: { base?: URL; subject?: string; allowLinkLocal?: boolean },
): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    const what = base === undefined ? subject : `${base.host} redirects to an address that is`;
    throw new HttpError('invalid', `${request.method} request cannot be sent: ${what} not a usable http or https URL`);
  }
  if (!allowLinkLocal && isLinkLocal(url.hostname)) throw refused(request, url);
  return url;
}

function refused(request: HttpRequest, url: URL, cause?: unknown): HttpError {
  return new HttpError('refused', `${describe(request, url.href)} is refused: ${url.hostname} is a link-local address`, {
    cause,
  });
}

const TLS_CODE = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|EPROTO$)/;

function classify(request: HttpRequest, url: URL, error: unknown, abort: AbortController, reused: boolean): HttpError {
  if (abort.signal.reason instanceof HttpError) return abort.signal.reason;
  const code = systemCode(error) ?? '';
  if (code === REFUSED) return refused(request, url, error);
  const what = describe(request, url.href);
  if (TLS_CODE.test(code)) {
    return new HttpError('tls', `${what} failed: no trusted TLS connection (${code}); check the certificate`, { cause: error });
  }
  const cause = reused && code === 'ECONNRESET' ? new StaleConnection(messageOf(error), { cause: error }) : error;
  return new HttpError('unreachable', `${what} failed: ${messageOf(error)}`, { cause });
}

/** Without query and user information: secrets live there. */
function describe(request: HttpRequest, address: string): string {
  if (!URL.canParse(address)) return `${request.method} request`;
  const url = new URL(address);
  return `${request.method} ${url.protocol}//${url.host}${url.pathname}`;
}

/** Resolves names as usual, but fails when that leads to a link-local address. Literal addresses never come here. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const allowed = error === null ? addresses.filter(({ address }) => !isLinkLocal(address)) : [];
    const first = allowed[0];
    if (error !== null) callback(error, '', 0);
    else if (first === undefined) callback(Object.assign(new Error('link-local address'), { code: REFUSED }), '', 0);
    else if (options.all === true) callback(null, allowed);
    else callback(null, first.address, first.family === 6 ? 6 : isIP(first.address));
  });
};

import { formatDuration } from '@kargo/gocompat';
import { type Clock, timestamp } from '@kargo/kube';
import { credentialsAdvice } from '../credentials-advice.ts';
import { credentialsFingerprint } from '../credentials-fingerprint.ts';
import { HttpError, UNTRUSTED } from '../http/http-error.ts';
import type { BodySource, Http, HttpRequest, HttpResponse } from '../http/port.ts';
import { retryAfterOf } from '../http/retry-after.ts';
import { systemCode } from '../port-error.ts';
import { parseChallenge } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import type { RegistryAccess } from './port.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { isLoopbackHost } from './reference.ts';
import type { RepositoryReference } from './reference.ts';
import { RegistryError } from './registry-error.ts';
import type { RegistryKnowledge, Token } from './registry-knowledge.ts';

const ATTEMPTS = 4;
const HEADER_TIMEOUT_MS = 30_000;
const TOTAL_TIMEOUT_MS = 120_000;
/** A registry that wants a longer pause than this gets it from whoever asks again. */
const LONGEST_PAUSE_MS = 30_000;
/** Longest that a registry is left alone because it said so: it may be wrong, and limits change. */
const LONGEST_SILENCE_MS = 60 * 60_000;
const MAX_TOKEN_BODY = 1024 * 1024;

/** One request to a registry. */
export interface RegistryRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Below `/v2/<repository>`; or an absolute path with query on the same host. */
  path: string;
  accept?: string | undefined;
  maxBody: number;
  /** Statuses of success. Default 200 alone. */
  success?: readonly number[] | undefined;
  body?: { mediaType: string; content: Uint8Array | BodySource } | undefined;
  receive?: HttpRequest['receive'];
  /** Milliseconds for all of it. Default two minutes. */
  timeout?: number | undefined;
  /** How often it is tried. Default 4 times. */
  attempts?: number | undefined;
}

/** Speaks to one registry on behalf of one access: scheme, authentication, retries, pace. */
export class RegistryClient {
  readonly #http: Http;
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  readonly #knowledge: RegistryKnowledge;
  #access: RegistryAccess;
  readonly #reference: RepositoryReference;

  constructor(options: {
    http: Http;
    clock: Clock;
    limiter: RateLimiter;
    knowledge: RegistryKnowledge;
    access: RegistryAccess;
    reference: RepositoryReference;
  }) {
    this.#http = options.http;
    this.#clock = options.clock;
    this.#limiter = options.limiter;
    this.#knowledge = options.knowledge;
    this.#access = options.access;
    this.#reference = options.reference;
  }

  /** The answer of the registry: success or 404. Everything else fails with `RegistryError`, or with what the receiver fails with. */
  async request(request: RegistryRequest): Promise<HttpResponse> {
    try {
      return await this.#persistent(request);
    } catch (error) {
      const refused = error instanceof RegistryError && error.code === 'authentication';
      if (!refused || !(await this.#renewed())) throw error;
      return this.#persistent(request);
    }
  }

  /** Gets another token in place of one that was refused. False if there is none, or no other. */
  async #renewed(): Promise<boolean> {
    const { credentials, signal } = this.#access;
    let fresh: Awaited<ReturnType<NonNullable<NonNullable<RegistryAccess['credentials']>['renew']>>>;
    try {
      fresh = await credentials?.renew?.(signal);
    } catch {
      // That the registry refuses is what there is to say.
      return false;
    }
    if (credentials === undefined || fresh?.password === undefined || fresh.password === credentials.password) return false;
    this.#knowledge.tokens.delete(this.#tokenKey());
    this.#access = { ...this.#access, credentials: { ...credentials, username: fresh.username ?? '', password: fresh.password } };
    return true;
  }

  async #persistent(request: RegistryRequest): Promise<HttpResponse> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#authorised(request);
      } catch (error) {
        const failure = this.#failure(error, request.method);
        const pause = failure instanceof Paused ? (failure.retryAfter ?? 500 * 2 ** (attempt - 1)) : 500 * 2 ** (attempt - 1);
        if (
          !failure.transient ||
          failure.code === 'timeout' ||
          attempt >= (request.attempts ?? ATTEMPTS) ||
          pause > LONGEST_PAUSE_MS
        )
          throw failure;
        await this.#clock
          .sleep(pause, this.#access.signal === undefined ? {} : { signal: this.#access.signal })
          .catch((cause: unknown) => {
            throw this.#aborted(cause);
          });
      }
    }
  }

  /** Identifies the credentials without revealing them. */
  static fingerprint(access: RegistryAccess): string {
    return credentialsFingerprint(access.credentials);
  }

  /** Fails while the registry wants to be left alone: asking again would make it angrier, and bring nothing. */
  #heed(method: string): void {
    const key = this.#tokenKey();
    const pause = this.#knowledge.pauses.get(key);
    if (pause === undefined) return;
    const left = pause.until - this.#clock.now();
    if (left > 0) throw this.#limited(pause.why, method, left);
    this.#knowledge.pauses.delete(key);
  }

  async #authorised(request: RegistryRequest): Promise<HttpResponse> {
    this.#heed(request.method);
    const key = this.#tokenKey();
    const known = this.#knowledge.tokens.get(key);
    // A password that was renewed takes the place of the one before.
    const current = known?.authorization.startsWith('Basic ') === true ? known.authorization === this.#basic() : true;
    const usable = known !== undefined && current && known.expiresAt > this.#clock.now() ? known : undefined;
    const first = await this.#sendToAPI(request, usable?.authorization);
    if (first.status !== 401) return this.#accept(first, request);
    this.#knowledge.tokens.delete(key);
    const challenge = parseChallenge(first.headers['www-authenticate'] ?? '');
    if (challenge === undefined) throw this.#unusable('it asks for credentials in an unknown way');
    const token = await this.#authenticate(challenge);
    const second = await this.#sendToAPI(request, token.authorization);
    if (second.status === 401) throw this.#unauthorised();
    this.#knowledge.tokens.set(key, token);
    return this.#accept(second, request);
  }

  #tokenKey(): string {
    return `${this.#reference.registry}/${this.#reference.path} ${RegistryClient.fingerprint(this.#access)}`;
  }

  #basic(): string | undefined {
    const { credentials } = this.#access;
    if (credentials === undefined) return undefined;
    return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  }

  async #authenticate(challenge: Challenge): Promise<Token> {
    const basic = this.#basic();
    if (challenge.scheme === 'basic') {
      if (basic === undefined) throw this.#unauthorised();
      return { authorization: basic, expiresAt: Number.POSITIVE_INFINITY };
    }
    const realm = URL.canParse(challenge.realm) ? new URL(challenge.realm) : undefined;
    const safe =
      realm?.protocol === 'https:' ||
      (realm?.protocol === 'http:' && (isLoopbackHost(realm.hostname) || realm.host === this.#reference.apiHost));
    if (realm === undefined || !safe) throw this.#unusable('it names no safe address to get a token from');
    if (challenge.service !== undefined) realm.searchParams.set('service', challenge.service);
    for (const scope of (challenge.scope ?? `repository:${this.#reference.path}:pull`).split(' '))
      realm.searchParams.append('scope', scope);
    const answer = await this.#send(
      { method: 'GET', path: '', maxBody: MAX_TOKEN_BODY },
      realm.href,
      basic === undefined ? {} : { authorization: basic },
    );
    if ([400, 401, 403].includes(answer.status)) throw this.#unauthorised();
    if (answer.status !== 200)
      this.#accept({ ...answer, status: answer.status === 404 ? 502 : answer.status }, { method: 'GET' });
    const body = parseJSON(answer.body);
    const token = body?.['token'] ?? body?.['access_token'];
    if (typeof token !== 'string') throw this.#unusable('its token service gave no token');
    const lifetime = typeof body?.['expires_in'] === 'number' ? body['expires_in'] : 60;
    // Asked for anew a little early, so that it does not expire on the way.
    return { authorization: `Bearer ${token}`, expiresAt: this.#clock.now() + Math.max(lifetime * 0.8, 5) * 1000 };
  }

  async #sendToAPI(request: RegistryRequest, authorization: string | undefined): Promise<HttpResponse> {
    const path = request.path.startsWith('/') ? request.path : `/v2/${this.#reference.path}/${request.path}`;
    const headers = {
      ...(request.accept === undefined ? {} : { accept: request.accept }),
      ...(authorization === undefined ? {} : { authorization }),
      ...(request.body === undefined ? {} : { 'content-type': request.body.mediaType }),
    };
    const { apiHost } = this.#reference;
    const known = this.#knowledge.schemes.get(apiHost);
    if (known !== undefined) return this.#send(request, `${known}://${apiHost}${path}`, headers);
    const [preferred, fallback] = this.#schemes();
    try {
      const answer = await this.#send(request, `${preferred}://${apiHost}${path}`, headers);
      // How web servers answer plain HTTP on a port meant for HTTPS.
      if (preferred === 'https' || answer.status !== 400 || answer.headers['docker-distribution-api-version'] !== undefined) {
        this.#knowledge.schemes.set(apiHost, preferred);
        return answer;
      }
    } catch (error) {
      if (fallback === undefined || !(error instanceof HttpError) || (error.code !== 'tls' && error.code !== 'unreachable'))
        throw error;
      try {
        const answer = await this.#send(request, `${fallback}://${apiHost}${path}`, headers);
        this.#knowledge.schemes.set(apiHost, fallback);
        return answer;
      } catch (second) {
        // The first failure is the one to explain, unless the second way at least found a server.
        throw isNoServer(second) ? error : second;
      }
    }
    return this.#send(request, `https://${apiHost}${path}`, headers);
  }

  /** Plain HTTP only on this machine, or where the user gave up TLS verification anyway. */
  #schemes(): ['http' | 'https', ('http' | 'https')?] {
    if (this.#reference.loopback) return ['http', 'https'];
    return this.#access.insecureSkipTLSVerify === true ? ['https', 'http'] : ['https'];
  }

  async #send(request: RegistryRequest, url: string, headers: Record<string, string>): Promise<HttpResponse> {
    await this.#limiter.turn(this.#access.signal).catch((cause: unknown) => {
      throw this.#aborted(cause);
    });
    const { method, maxBody, receive, body, timeout = TOTAL_TIMEOUT_MS } = request;
    const content = body?.content;
    return this.#http.send({
      method,
      url,
      headers,
      ...(content instanceof Uint8Array ? { body: content } : { bodyFrom: content }),
      timeout,
      // The answer to a long body comes when all of it has been sent.
      headerTimeout: content === undefined ? HEADER_TIMEOUT_MS : timeout,
      maxBody,
      receive: receive === undefined ? undefined : (head) => (head.status === 200 ? receive(head) : undefined),
      insecureSkipTLSVerify: this.#access.insecureSkipTLSVerify,
      signal: this.#access.signal,
    });
  }

  #accept(response: HttpResponse, { method, success = [200] }: Pick<RegistryRequest, 'method' | 'success'>): HttpResponse {
    const { status } = response;
    if (success.includes(status) || status === 404) return response;
    const said = errorText(response.body);
    const words = said === '' ? `status ${status}` : `status ${status}: ${said}`;
    if (status === 401 || status === 403) throw this.#unauthorised(words, method);
    const retryAfter = retryAfterOf(response, this.#clock.now());
    if (status === 429) {
      const allowed = allowance(response.headers['ratelimit-limit']);
      const why = allowed === undefined ? words : `${words}; it allows ${allowed}`;
      if (retryAfter !== undefined && retryAfter > LONGEST_PAUSE_MS) {
        const until = this.#clock.now() + Math.min(retryAfter, LONGEST_SILENCE_MS);
        this.#knowledge.pauses.set(this.#tokenKey(), { until, why });
      }
      throw this.#limited(why, method, retryAfter);
    }
    if (status >= 500) throw new Paused('failed', this.#message(`it has trouble (${words})`, method), { retryAfter });
    throw new RegistryError('invalid', this.#message(`unexpected answer (${words})`, method));
  }

  #failure(error: unknown, method: string): RegistryError {
    if (error instanceof RegistryError) return error;
    if (!(error instanceof HttpError)) throw error;
    const cause = { cause: error };
    switch (error.code) {
      case 'timeout':
      case 'aborted':
        return new RegistryError(error.code, this.#message(error.message, method), cause);
      case 'unreachable':
        return new RegistryError('unreachable', this.#message(error.message, method), cause);
      case 'tls':
        return new RegistryError('invalid', this.#message(`${error.message}; ${UNTRUSTED}`, method), cause);
      case 'tooLarge':
      case 'redirects':
      case 'invalid':
      case 'refused':
        return new RegistryError('invalid', this.#message(error.message, method), cause);
    }
  }

  #limited(why: string, method: string, retryAfter: number | undefined): Paused {
    const advice = this.#access.credentials === undefined ? 'use credentials or a longer interval' : 'use a longer interval';
    const retryAt =
      retryAfter === undefined || retryAfter <= LONGEST_PAUSE_MS
        ? undefined
        : this.#clock.now() + Math.min(retryAfter, LONGEST_SILENCE_MS);
    const when =
      retryAt === undefined ? '' : `; it is asked again at ${timestamp(retryAt)}, as it wants to be left alone until then`;
    const message = this.#message(`it limits requests (${why})${when}; ${advice}`, method);
    return new Paused('rateLimited', message, { retryAfter, retryAt });
  }

  #aborted(cause: unknown): RegistryError {
    return new RegistryError('aborted', this.#message('the operation was cancelled'), { cause });
  }

  /** `why` in its own words; what to do about it follows. */
  #unauthorised(why?: string, method = 'GET'): RegistryError {
    const { repository, credentials } = this.#access;
    const refused = { repository, hasCredentials: credentials !== undefined, source: credentials?.source };
    const advice = credentialsAdvice({ type: this.#access.kind === 'chart' ? 'helm' : 'image', ...refused });
    return new RegistryError('authentication', this.#message(why === undefined ? advice : `${why}; ${advice}`, method));
  }

  #unusable(why: string): RegistryError {
    return new RegistryError('authentication', this.#message(`${why}; check that its address is that of a registry`));
  }

  #message(why: string, method = 'GET'): string {
    const doing = method === 'GET' || method === 'HEAD' ? 'read' : 'write to';
    return `could not ${doing} ${this.#access.kind ?? 'image'} repository ${this.#access.repository}: ${why}`;
  }
}

/** What `ratelimit-limit: 100;w=21600` allows, in words; undefined if it does not say that. */
function allowance(limit: string | undefined): string | undefined {
  const [, count, seconds] = /^(\d+)(?:;w=(\d+))?/.exec(limit ?? '') ?? [];
  if (count === undefined) return undefined;
  if (seconds === undefined) return `${count} requests`;
  return `${count} requests in ${formatDuration(Number(seconds) * 1000)}`;
}

/** Whether nobody answered, or not over TLS. */
function isNoServer(error: unknown): boolean {
  if (!(error instanceof HttpError)) return false;
  return error.code === 'unreachable' || (error.code === 'tls' && systemCode(error.cause) === 'EPROTO');
}

class Paused extends RegistryError {
  readonly retryAfter: number | undefined;

  constructor(
    code: 'rateLimited' | 'failed',
    message: string,
    { retryAfter, retryAt }: { retryAfter: number | undefined; retryAt?: number | undefined },
  ) {
    super(code, message, { retryAt });
    this.retryAfter = retryAfter;
  }
}

/** The registry's own explanation, in the form of the distribution specification. */
function errorText(body: Uint8Array): string {
  const errors = parseJSON(body)?.['errors'];
  if (!Array.isArray(errors)) return '';
  return errors
    .map((error: unknown) => {
      const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as {
        code?: unknown;
        message?: unknown;
      };
      return [code, message].filter((part) => typeof part === 'string').join(' ');
    })
    .join(', ')
    .slice(0, 300);
}

function parseJSON(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

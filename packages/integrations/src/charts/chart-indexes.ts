import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Clock } from '@kargo/kube';
import { Mutex } from '../concurrency/mutex.ts';
import { KeyedRuns } from '../concurrency/keyed-runs.ts';
import { credentialsAdvice } from '../credentials-advice.ts';
import { HttpError, UNTRUSTED } from '../http/http-error.ts';
import type { Http, HttpResponseHead } from '../http/port.ts';
import { Lru } from '../registry/lru.ts';
import { retryAfterOf } from '../http/retry-after.ts';
import { ChartError } from './chart-error.ts';
import type { ChartIndex } from './chart-index.ts';
import { parseApart } from './parse-apart.ts';
import type { ChartAccess } from './port.ts';

const MAX_INDEX = 128 * 1024 * 1024;
const TIMEOUT_MS = 120_000;
const HEADER_TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;
/** A repository that wants a longer pause gets it from whoever asks again. */
const LONGEST_PAUSE_MS = 30_000;
const KEPT = 100;

interface Kept {
  charts: ChartIndex;
  etag: string | undefined;
  lastModified: string | undefined;
}

/** The indexes of chart repositories, each read once as long as it stays the same, however many ask for it. */
export class ChartIndexes {
  readonly #http: Http;
  readonly #clock: Clock;
  readonly #maxIndex: number;
  readonly #kept = new Lru<string, Kept>(KEPT);
  readonly #running = new KeyedRuns<ChartIndex>();
  /** Large ones are read one after another, since each takes much memory for a moment. */
  readonly #reading = new Mutex();

  constructor({ http, clock, maxIndex = MAX_INDEX }: { http: Http; clock: Clock; maxIndex?: number | undefined }) {
    this.#http = http;
    this.#clock = clock;
    this.#maxIndex = maxIndex;
  }

  /** The charts of a repository, not older than this call. Fails with `ChartError`. */
  async get(access: ChartAccess, fingerprint: string): Promise<ChartIndex> {
    const key = `${access.repoURL} ${fingerprint} ${String(access.insecureSkipTLSVerify === true)}`;
    try {
      return await this.#running.join(key, (signal) => this.#fetch(key, access, signal), access.signal);
    } catch (error) {
      if (error instanceof ChartError || access.signal?.aborted !== true) throw error;
      throw new ChartError('aborted', message(access, 'the operation was cancelled'), { cause: error });
    }
  }

  async #fetch(key: string, access: ChartAccess, signal: AbortSignal): Promise<ChartIndex> {
    for (let attempt = 1; ; attempt += 1) {
      const known = this.#kept.get(key);
      const answer = await this.#ask(access, known, signal);
      if (answer.kind === 'same' && known !== undefined) return known.charts;
      if (answer.kind === 'index') {
        const { charts, etag, lastModified } = answer;
        this.#kept.set(key, { charts, etag, lastModified });
        return charts;
      }
      const error = answer.kind === 'failed' ? answer.error : new ChartError('invalid', message(access, 'it did not answer'));
      const pause = (answer.kind === 'failed' ? answer.retryAfter : undefined) ?? 500 * 2 ** (attempt - 1);
      if (!error.transient || error.code === 'timeout' || attempt >= ATTEMPTS || pause > LONGEST_PAUSE_MS) throw error;
      await this.#clock.sleep(pause, { signal });
    }
  }

  async #ask(access: ChartAccess, known: Kept | undefined, signal: AbortSignal): Promise<Answer> {
    const { username, password } = access.credentials ?? {};
    let content: Uint8Array<ArrayBuffer> | undefined;
    try {
      const response = await this.#http.send({
        method: 'GET',
        url: indexURL(access),
        headers: {
          accept: 'application/yaml, text/yaml, */*',
          'accept-encoding': 'gzip, br',
          ...(password === undefined
            ? {}
            : { authorization: `Basic ${Buffer.from(`${username ?? ''}:${password}`).toString('base64')}` }),
          ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
          ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
        },
        timeout: TIMEOUT_MS,
        headerTimeout: HEADER_TIMEOUT_MS,
        maxBody: this.#maxIndex,
        insecureSkipTLSVerify: access.insecureSkipTLSVerify,
        signal,
        receive: (head) =>
          head.status === 200
            ? async (chunks) => {
                content = await unpacked(access, head, chunks, this.#maxIndex);
              }
            : undefined,
      });
      const { status, headers } = response;
      if (status === 304 && known !== undefined) return { kind: 'same' };
      if (status !== 200 || content === undefined)
        return { kind: 'failed', error: refusal(access, status), retryAfter: retryAfterOf(response, this.#clock.now()) };
      const charts = await this.#reading.run(() => read(access, content as Uint8Array<ArrayBuffer>, signal));
      return { kind: 'index', charts, etag: headers['etag'], lastModified: headers['last-modified'] };
    } catch (error) {
      if (error instanceof ChartError) return { kind: 'failed', error };
      if (!(error instanceof HttpError)) throw error;
      const why = error.code === 'tls' ? `${error.message}; ${UNTRUSTED}` : error.message;
      return { kind: 'failed', error: new ChartError(CODES[error.code], message(access, why), { cause: error }) };
    }
  }
}

type Answer =
  | { kind: 'same' }
  | { kind: 'index'; charts: ChartIndex; etag: string | undefined; lastModified: string | undefined }
  | { kind: 'failed'; error: ChartError; retryAfter?: number | undefined };

const CODES = {
  invalid: 'invalid',
  refused: 'invalid',
  tls: 'invalid',
  tooLarge: 'invalid',
  redirects: 'invalid',
  unreachable: 'unreachable',
  timeout: 'timeout',
  aborted: 'aborted',
} as const;

function indexURL(access: ChartAccess): string {
  if (!URL.canParse(access.repoURL)) throw new ChartError('invalid', message(access, 'its address is not a URL'));
  const url = new URL(access.repoURL);
  // Credentials come from Secrets, and user information would end up in messages.
  url.username = '';
  url.password = '';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/index.yaml`;
  return url.href;
}

async function unpacked(
  access: ChartAccess,
  { headers }: HttpResponseHead,
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const stages = {
    identity: () => undefined,
    gzip: createGunzip,
    'x-gzip': createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  };
  if (!Object.hasOwn(stages, encoding))
    throw new ChartError('invalid', message(access, `it sends the index in an unknown encoding, ${encoding.slice(0, 20)}`));
  const stage = stages[encoding as keyof typeof stages]();
  const plain: AsyncIterable<Uint8Array> = stage === undefined ? chunks : decompressed(chunks, stage);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of plain) {
      size += part.length;
      if (size > limit) throw new ChartError('invalid', message(access, `its index is larger than ${limit} bytes`));
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof ChartError || error instanceof HttpError) throw error;
    throw new ChartError('failed', message(access, 'what it sends cannot be unpacked'), { cause: error });
  }
  return joined(parts, size);
}

async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  stage: NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks);
  // A source that breaks breaks what is made of it.
  source.on('error', (error) => (stage as unknown as Readable).destroy(error));
  source.pipe(stage);
  try {
    yield* stage;
  } finally {
    source.destroy();
  }
}

/** In memory of its own, as it is given away to another thread. */
function joined(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(new ArrayBuffer(size));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function read(access: ChartAccess, content: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<ChartIndex> {
  try {
    return await parseApart(content, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new ChartError('invalid', message(access, `its index cannot be used: ${why.slice(0, 300)}`), { cause: error });
  }
}

function refusal(access: ChartAccess, status: number): ChartError {
  if (status === 401 || status === 403) {
    const advice = credentialsAdvice({
      type: 'helm',
      repository: access.repoURL,
      hasCredentials: access.credentials !== undefined,
      source: access.credentials?.source,
    });
    return new ChartError('authentication', message(access, `status ${status}; ${advice}`));
  }
  if (status === 404 || status === 410)
    return new ChartError('notFound', message(access, `it has no index.yaml (status ${status}); check the URL`));
  if (status === 429) return new ChartError('rateLimited', message(access, 'it limits requests (status 429)'));
  if (status >= 500) return new ChartError('failed', message(access, `it has trouble (status ${status})`));
  return new ChartError('invalid', message(access, `unexpected answer (status ${status})`));
}

function message({ repoURL }: ChartAccess, why: string): string {
  return `could not read chart repository ${repoURL.replace(/\/\/[^/@]*@/, '//')}: ${why}`;
}

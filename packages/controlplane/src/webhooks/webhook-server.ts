import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '@kargo/kube';
import type { Certificate } from '../certificates/certificate.ts';
import { ListenError } from '../listener.ts';
import { REVIEW_VERSION, type Reviewer, type ReviewPhase, type ReviewRequest } from './admission-review.ts';
import { MUTATE_PATH, VALIDATE_PATH } from './names.ts';

export interface WebhookServerOptions {
  host: string;
  port: number;
  certificate: Certificate;
  review: Reviewer;
  /** Whether clients trust the certificate by now. */
  isReady: () => boolean;
  log: Log;
}

/** The listening server of the webhooks. */
export interface WebhookServer {
  port: number;
  /** Shows another certificate from the next connection on. */
  use(certificate: Certificate): void;
  /** Answers what has been asked, then ends all connections. */
  close(): Promise<void>;
}

/** Largest body: an object of the greatest size that Kubernetes stores, old and new, and what surrounds them. */
const LARGEST_BODY = 8 * 1024 * 1024;
const PHASES: Readonly<Record<string, ReviewPhase>> = { [MUTATE_PATH]: 'mutate', [VALIDATE_PATH]: 'validate' };
/** Old keys would let handshakes through that the clients of today must not make. */
const OLDEST_TLS = 'TLSv1.2';
const CLOSE_TIMEOUT = 10_000;

/** Serves admission reviews over TLS; `/healthz` and `/readyz` tell how it is. Fails with `ListenError`. */
export async function serveWebhooks(options: WebhookServerOptions): Promise<WebhookServer> {
  const { host, port, certificate, log } = options;
  const server = createServer(
    { key: certificate.key, cert: certificate.cert, minVersion: OLDEST_TLS, requestTimeout: 30_000, headersTimeout: 10_000 },
    (request, response) => {
      handle(request, response, options).catch((error: unknown) => {
        log.error({ error: error instanceof Error ? error.message : String(error) }, 'answering a review failed');
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    },
  );
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('tlsClientError', (error) => log.debug({ error: error.message }, 'a handshake failed'));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError(`listening on ${host}:${port}: ${error.message}`, { cause: error })));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    use: ({ key, cert }) => server.setSecureContext({ key, cert, minVersion: OLDEST_TLS }),
    close: () => closed(server),
  };
}

async function closed(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT);
  await ended;
  clearTimeout(timer);
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { review, isReady }: WebhookServerOptions,
): Promise<void> {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const answer = (status: number, text: string, type = 'text/plain'): void => {
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
  if (path === '/healthz') return answer(200, 'ok');
  if (path === '/readyz') return isReady() ? answer(200, 'ok') : answer(503, 'the API server does not trust the certificate yet');
  const phase = PHASES[path];
  if (phase === undefined) return answer(404, `there is nothing at ${path}`);
  if (request.method !== 'POST') return answer(405, 'reviews are posted');
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return answer(415, 'reviews are application/json');
  const body = await read(request);
  if (body === undefined) {
    response.setHeader('connection', 'close');
    return answer(413, `a review has at most ${LARGEST_BODY} bytes`);
  }
  const asked = reviewIn(body);
  if (asked === undefined) return answer(400, `the body is not an AdmissionReview of ${REVIEW_VERSION}`);
  const text = JSON.stringify({ apiVersion: REVIEW_VERSION, kind: 'AdmissionReview', response: await review(phase, asked) });
  answer(200, text, 'application/json');
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reviewIn(text: string): ReviewRequest | undefined {
  let review: { apiVersion?: unknown; kind?: unknown; request?: Partial<ReviewRequest> | null } | null;
  try {
    review = JSON.parse(text) as typeof review;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const request = review?.request;
  const isReview =
    review?.apiVersion === REVIEW_VERSION &&
    review.kind === 'AdmissionReview' &&
    typeof request?.uid === 'string' &&
    typeof request.operation === 'string' &&
    typeof request.resource?.resource === 'string' &&
    typeof request.userInfo?.username === 'string';
  return isReview ? (request as ReviewRequest) : undefined;
}

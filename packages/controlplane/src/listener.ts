import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Clock } from '@kargo/kube';
import { InFlight } from './serving/in-flight.ts';
import { MAX_CONNECTIONS, RECEIVING, watchReceiving } from './serving/receiving.ts';
import type { Certificate } from './certificates/certificate.ts';

/** Paths of the Kubernetes wire protocol. Everything else is the REST API's and the UI's. */
const KUBERNETES_PATH = /^\/(?:apis?|openapi|version|livez|readyz)(?:[/?]|$)/;

/** First byte of every TLS connection: a handshake record (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16;

/** How long a new connection may stay silent, in milliseconds. */
const FIRST_BYTE_TIMEOUT = 60_000;

/** The address cannot be listened on. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** Why an address cannot be listened on; `otherwise` is how another one is chosen. */
export function listenFailure(address: string, otherwise: string, error: NodeJS.ErrnoException): ListenError {
  const why =
    error.code === 'EADDRINUSE'
      ? `another program has it: stop it, or ${otherwise}`
      : error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND'
        ? `this machine does not have that address: ${otherwise} (${error.message})`
        : error.code === 'EACCES'
          ? `this user may not listen there: ${otherwise}, with a port above 1023 (${error.message})`
          : error.message;
  return new ListenError(`listening on ${address}: ${why}`, { cause: error });
}

export interface Listener {
  /** `http://HOST:PORT`. The same port also speaks TLS. */
  address: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

export interface ListenOptions {
  host: string;
  port: number;
  certificate: Certificate;
  /** PEM of the authority whose certificates prove clients. Others are let in without. */
  clientAuthority?: string | undefined;
  kubernetes: RequestListener;
  rest: RequestListener;
  /** Whether plain HTTP is sent on to TLS instead of being answered. */
  tlsOnly?: boolean | undefined;
  /** How long requests may take to end when the server stops, in milliseconds. Default 10,000. */
  grace?: number | undefined;
  clock: Clock;
  /** How many connections there may be, how long a new one may stay silent, in milliseconds, and how long requests may take to arrive. */
  limits?: { connections?: number; firstByte?: number; receiving?: ServerOptions } | undefined;
}

/**
 * One port for both APIs, with and without TLS: the first byte of a connection tells which. Watches are long, so answers are not cut
 * off by age; requests are that do not arrive in time. Fails with {@link ListenError}.
 */
export async function listen({
  host,
  port,
  certificate,
  clientAuthority,
  kubernetes,
  rest,
  tlsOnly = false,
  grace = 10_000,
  clock,
  limits: { connections = MAX_CONNECTIONS, firstByte = FIRST_BYTE_TIMEOUT, receiving = RECEIVING } = {},
}: ListenOptions): Promise<Listener> {
  const inFlight = new InFlight();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    inFlight.track(response);
    (KUBERNETES_PATH.test(request.url ?? '') ? kubernetes : rest)(request, response);
  };
  const plain = createHttpServer(receiving, tlsOnly ? sendToTls : handle);
  const clients = clientAuthority === undefined ? {} : { ca: clientAuthority, requestCert: true, rejectUnauthorized: false };
  const secure = createHttpsServer({ ...receiving, ...clients, key: certificate.key, cert: certificate.cert }, handle);
  watchReceiving(plain);
  watchReceiving(secure);
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // A client that goes away is no failure of the server.
    socket.setTimeout(firstByte, () => socket.destroy());
    socket.once('readable', () => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return;
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.unshift(first);
      (first[0] === TLS_HANDSHAKE ? secure : plain).emit('connection', socket);
    });
  });
  server.maxConnections = connections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(`${host}:${port}`, 'choose another address with --listen', error)));
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return {
    address: `${tlsOnly ? 'https' : 'http'}://${shown}:${bound.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Whoever asked already is answered; nobody else is let in.
      await inFlight.settled(grace, clock);
      for (const socket of sockets) socket.destroy();
      for (const each of [plain, secure]) {
        each.closeAllConnections();
        each.close();
      }
      await closed;
    },
  };
}

/** The same address by TLS: 308 keeps method and body. */
function sendToTls({ headers, url = '/' }: IncomingMessage, response: ServerResponse): void {
  response.writeHead(308, { location: `https://${headers.host ?? ''}${url}`, 'content-length': '0' }).end();
}

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { Fetch } from '../http/http-transport.ts';
import { openTunnel } from './tunnel.ts';

/** How a server proves itself to the client and the client to the server. PEM. */
export interface TlsMaterial {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  /** Name that the certificate must carry, where that is not the host of the URL. */
  serverName?: string | undefined;
  /** Accepts any certificate. */
  insecure?: boolean | undefined;
}

export interface TlsFetchOptions {
  tls: TlsMaterial;
  /** `http:`, `https:` or `socks5:` URL of a proxy that connections go through. */
  proxy?: URL | undefined;
}

/** After how long without a byte the other end is asked whether it still lives, in milliseconds. */
const PROBE_AFTER = 30_000;

/**
 * A `fetch` with its own certificates and proxy, which the platform's cannot have. Bodies are text. Connections are kept, and given up
 * when the other end no longer answers probes; `close` ends them.
 */
export function tlsFetch({ tls, proxy }: TlsFetchOptions): { fetch: Fetch; close: () => void } {
  const material: AgentOptions = {
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
    servername: tls.serverName,
    rejectUnauthorized: tls.insecure !== true,
  };
  const kept = { keepAlive: true, keepAliveMsecs: PROBE_AFTER };
  const secureAgent = proxy === undefined ? new HttpsAgent({ ...kept, ...material }) : new SecureTunnelAgent(proxy, material);
  const plainAgent = proxy === undefined ? new HttpAgent(kept) : new TunnelAgent(proxy, tls.ca);
  return {
    fetch: (url, init) =>
      new Promise<Response>((resolve, reject) => {
        const target = new URL(url);
        const secure = target.protocol === 'https:';
        const { signal, body } = init;
        const text = typeof body === 'string' ? body : undefined;
        const headers: Record<string, string | number> = Object.fromEntries(new Headers(init.headers));
        // Without it, a body of a DELETE would follow the request like another one.
        if (text !== undefined) headers['content-length'] = Buffer.byteLength(text);
        const sent = (secure ? httpsRequest : httpRequest)(
          target,
          {
            method: init.method ?? 'GET',
            headers,
            agent: secure ? secureAgent : plainAgent,
            ...(signal ? { signal } : {}),
          },
          (response) => {
            resolve(responseOf(response));
          },
        );
        sent.on('socket', (socket) => socket.setKeepAlive(true, PROBE_AFTER));
        sent.on('error', (error) => {
          reject(signal?.aborted === true ? (signal.reason as Error) : error);
        });
        sent.end(text);
      }),
    close: () => {
      secureAgent.destroy();
      plainAgent.destroy();
    },
  };
}

function responseOf(message: IncomingMessage): Response {
  const status = message.statusCode ?? 500;
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  const empty = [101, 204, 205, 304].includes(status);
  if (empty) message.resume();
  // Responses may not have a status below 200, which only a broken server sends as its last word.
  return new Response(empty ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>), {
    status: status < 200 || status > 599 ? 502 : status,
    headers,
  });
}

interface Target {
  host?: string | null;
  port?: string | number | null;
}

type Connected = (error: Error | null, stream: Duplex) => void;

function connectThrough(
  { proxy, ca }: { proxy: URL; ca: string | undefined },
  { host, port }: Target,
  ready: (socket: Socket, host: string) => Duplex,
  done: Connected,
): void {
  const name = host ?? '';
  openTunnel(proxy, name, Number(port ?? 443), ca).then(
    (socket) => done(null, ready(socket, name)),
    (error: unknown) => (done as (error: unknown) => void)(error),
  );
}

/** Reaches servers through a tunnel. */
class TunnelAgent extends HttpAgent {
  readonly #through: { proxy: URL; ca: string | undefined };

  constructor(proxy: URL, ca: string | undefined) {
    super({ keepAlive: true });
    this.#through = { proxy, ca };
  }

  override createConnection(options: Target, callback: Connected): undefined {
    connectThrough(this.#through, options, (socket) => socket, callback);
  }
}

/** Reaches servers over TLS through a tunnel. */
class SecureTunnelAgent extends HttpsAgent {
  readonly #proxy: URL;
  readonly #material: AgentOptions;

  constructor(proxy: URL, material: AgentOptions) {
    super({ keepAlive: true, ...material });
    this.#proxy = proxy;
    this.#material = material;
  }

  override createConnection(options: Target, callback: Connected): undefined {
    const { servername, ...material } = this.#material;
    const secured = (socket: Socket, host: string): Duplex => {
      // Addresses are no names that can be asked for.
      const name = servername ?? (isIP(host) === 0 ? host : undefined);
      return tlsConnect({ ...material, socket, host, ...(name === undefined ? {} : { servername: name }) });
    };
    const { ca } = material;
    connectThrough({ proxy: this.#proxy, ca: typeof ca === 'string' ? ca : undefined }, options, secured, callback);
  }
}

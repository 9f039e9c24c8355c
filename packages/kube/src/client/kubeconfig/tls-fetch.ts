import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { Fetch } from '../http/http-transport.ts';

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
  /** `http://[user:password@]host:port` of a proxy that connections go through. */
  proxy?: URL | undefined;
}

/**
 * A `fetch` with its own certificates and proxy, which the platform's cannot have. Bodies are text. Connections are kept; `close` ends
 * them.
 */
export function tlsFetch({ tls, proxy }: TlsFetchOptions): { fetch: Fetch; close: () => void } {
  const material: AgentOptions = {
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
    servername: tls.serverName,
    rejectUnauthorized: tls.insecure !== true,
  };
  const agent = proxy === undefined ? new HttpsAgent({ keepAlive: true, ...material }) : new ProxyAgent(proxy, material);
  const plain = new HttpAgent({ keepAlive: true });
  return {
    fetch: (url, init) =>
      new Promise<Response>((resolve, reject) => {
        const target = new URL(url);
        const secure = target.protocol === 'https:';
        const headers = Object.fromEntries(new Headers(init.headers));
        const { signal } = init;
        const sent = (secure ? httpsRequest : httpRequest)(
          target,
          { method: init.method ?? 'GET', headers, agent: secure ? agent : plain, ...(signal ? { signal } : {}) },
          (response) => {
            resolve(responseOf(response));
          },
        );
        sent.on('error', (error) => {
          reject(signal?.aborted === true ? (signal.reason as Error) : error);
        });
        sent.end(typeof init.body === 'string' ? init.body : undefined);
      }),
    close: () => {
      agent.destroy();
      plain.destroy();
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
  return new Response(empty ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>), { status, headers });
}

/** Reaches servers through a tunnel (HTTP CONNECT). */
class ProxyAgent extends HttpsAgent {
  readonly #proxy: URL;
  readonly #material: AgentOptions;

  constructor(proxy: URL, material: AgentOptions) {
    super({ keepAlive: true, ...material });
    this.#proxy = proxy;
    this.#material = material;
  }

  override createConnection(
    options: { host?: string | null; port?: string | number | null },
    callback: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const fail = callback as (error: Error) => void;
    const host = options.host ?? '';
    const authority = `${host.includes(':') ? `[${host}]` : host}:${options.port ?? 443}`;
    const { username, password } = this.#proxy;
    const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
    const tunnel = httpRequest({
      host: this.#proxy.hostname,
      port: this.#proxy.port === '' ? 80 : Number(this.#proxy.port),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` }) },
      agent: false,
    });
    tunnel.once('error', fail);
    tunnel.once('connect', (response, socket) => {
      if (response.statusCode === 200) {
        const servername = this.#material.servername ?? host;
        callback(null, tlsConnect({ ...this.#material, socket, servername }));
        return;
      }
      socket.destroy();
      fail(new Error(`the proxy ${this.#proxy.host} refused a tunnel to ${authority}: HTTP ${response.statusCode}`));
    });
    tunnel.end();
  }
}

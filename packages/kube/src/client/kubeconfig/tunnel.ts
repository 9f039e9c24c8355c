import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { getCACertificates } from 'node:tls';

/** How long a proxy may take to open a tunnel, in milliseconds. */
const TIMEOUT = 30_000;

/**
 * A connection to `host:port` through a proxy: HTTP CONNECT over `http:` or `https:`, or SOCKS 5. A proxy that is reached over TLS is
 * trusted as the system says, or when `ca` (PEM) has signed its certificate. Fails with what the proxy said.
 */
export function openTunnel(proxy: URL, host: string, port: number, ca?: string): Promise<Socket> {
  return proxy.protocol.startsWith('socks5') ? throughSocks(proxy, host, port) : throughConnect(proxy, host, port, ca);
}

async function throughSocks(proxy: URL, host: string, port: number): Promise<Socket> {
  const { SocksClient } = await import('socks');
  const { username, password } = proxy;
  try {
    const { socket } = await SocksClient.createConnection({
      proxy: {
        host: proxy.hostname.replace(/^\[|\]$/g, ''),
        port: proxy.port === '' ? 1080 : Number(proxy.port),
        type: 5,
        ...(username === '' ? {} : { userId: decodeURIComponent(username), password: decodeURIComponent(password) }),
      },
      command: 'connect',
      destination: { host, port },
      timeout: TIMEOUT,
    });
    return socket;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the proxy ${proxy.host} refused a tunnel to ${host}:${port}: ${why}`, { cause });
  }
}

function throughConnect(proxy: URL, host: string, port: number, ca: string | undefined): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const { username, password } = proxy;
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const secure = proxy.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const tunnel = (secure ? httpsRequest : httpRequest)({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? (secure ? 443 : 80) : Number(proxy.port),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` }) },
      agent: false,
      timeout: TIMEOUT,
      ...(secure && ca !== undefined ? { ca: [...getCACertificates(), ca] } : {}),
    });
    tunnel.once('timeout', () => tunnel.destroy(new Error(`the proxy ${proxy.host} does not answer`)));
    tunnel.once('error', reject);
    tunnel.once('connect', (response, socket) => {
      if (response.statusCode === 200) {
        socket.setTimeout(0);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} refused a tunnel to ${authority}: HTTP ${response.statusCode}`));
    });
    tunnel.end();
  });
}

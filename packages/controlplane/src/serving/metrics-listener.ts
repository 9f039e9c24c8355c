import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '@kargo/kube';
import { listenFailure } from '../listener.ts';

/** Where metrics are served without a token. */
export interface MetricsListener {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves `/metrics` and `/healthz` at an address of their own, over plain HTTP and to everybody who reaches it: it belongs into a network
 * that only the monitoring is in. Fails with `ListenError`.
 */
export async function listenForMetrics(
  { host, port }: { host: string; port: number },
  exposition: () => Promise<{ contentType: string; text: string }>,
  log: Log,
): Promise<MetricsListener> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else if (path === '/healthz') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
    } else if (path === '/metrics') {
      exposition().then(
        ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
        (error: unknown) => {
          log.error(
            { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
            'metrics could not be told',
          );
          response.writeHead(500).end();
        },
      );
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(listenFailure(`${host}:${port} for metrics`, 'choose another address with METRICS_BIND_ADDRESS', error)),
    );
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

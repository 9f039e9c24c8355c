/** How webhooks are called over the network: whom to trust, how long to wait, what to take. */
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { selfSigned } from '@kargo/controlplane';
import { systemWebhookCaller } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const certificate = selfSigned(['127.0.0.1'], Date.now());
const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/fine': (request, response) => request.pipe(response),
  '/wrong': (_, response) => response.writeHead(500).end('no'),
  '/moved': (_, response) => response.writeHead(302, { location: 'https://example.com/' }).end(),
  '/large': (_, response) => {
    for (let piece = 0; piece < 80; piece++) response.write(Buffer.alloc(64 * 1024));
    response.end();
  },
  '/cut': (_, response) => {
    response.write('{');
    setImmediate(() => response.destroy());
  },
  '/silent': () => undefined,
  '/slow': (_, response) => void response.write('{'),
};
let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer(certificate, (request, response) => answers[request.url ?? '']?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const call = (path: string, more: { ca?: string; timeout?: number } = {}): Promise<string> =>
  systemWebhookCaller({ url: url + path, ca: certificate.cert, body: '{"a":1}', timeout: 20_000, ...more });

describe('a webhook', () => {
  it('that can be trusted is asked', async () => {
    expect(await call('/fine')).toBe('{"a":1}');
  });

  it.each<[string, string, { ca?: string; timeout?: number }, RegExp]>([
    ['cannot be trusted', '/fine', { ca: selfSigned(['127.0.0.1'], Date.now()).cert }, /self-signed|signature/],
    ['answers with an error', '/wrong', {}, /HTTP 500/],
    ['sends elsewhere', '/moved', {}, /HTTP 302/],
    ['answers too much', '/large', {}, /larger than/],
    ['stops in the middle', '/cut', {}, /aborted|hang up|ECONNRESET/],
    ['does not end its answer in time', '/slow', { timeout: 200 }, /no answer within 0.2 s/],
    ['does not answer in time', '/silent', { timeout: 50 }, /no answer within 0.05 s/],
  ])('that %s has failed', async (_, path, more, says) => {
    await expect(call(path, more)).rejects.toThrow(says);
  });
});

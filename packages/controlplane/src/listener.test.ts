import { connect, type Socket } from 'node:net';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from './certificates/certificate.ts';
import { listen, type Listener } from './listener.ts';

const CONNECTIONS = 3;
let listener: Listener;
beforeAll(async () => {
  listener = await listen({
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    certificate: selfSigned(['127.0.0.1'], Date.now()),
    kubernetes: (_, response) => response.end('kubernetes'),
    rest: (request, response) => {
      request.resume().on('end', () => response.end('rest'));
    },
    limits: {
      connections: CONNECTIONS,
      firstByte: 100,
      receiving: { headersTimeout: 200, requestTimeout: 300, connectionsCheckingInterval: 50 },
    },
  });
});
afterAll(() => listener.close());

async function dial(first = ''): Promise<Socket> {
  const socket = connect(Number(new URL(listener.address).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(first);
  return socket;
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.resume(), socket.destroyed ? resolve() : socket.once('close', () => resolve())));

describe('connections', () => {
  it('that say nothing are closed', async () => {
    await closed(await dial());
  });

  it.each([
    ['the head of a request', 'GET /x HTTP/1.1\r\nhost: x\r\n', 'x-more: x\r\n'],
    ['a body', 'POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n', 'x'],
  ])('are closed when %s does not arrive in time, however busy they look', async (_name, first, more) => {
    const socket = await dial(first);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    const dripping = setInterval(() => socket.write(more), 20);
    await closed(socket);
    clearInterval(dripping);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('beyond the limit are closed at once, and let in again when there is room', async () => {
    const held = await Promise.all(Array.from({ length: CONNECTIONS }, () => dial('GET /slow')));
    await closed(await dial('GET / HTTP/1.1\r\n'));
    for (const socket of held) socket.destroy();
    await Promise.all(held.map(closed));
    for (let turn = 0; ; turn++) {
      const answer = await fetch(`${listener.address}/x`)
        .then((response) => response.text())
        .catch(() => undefined);
      if (answer === 'rest') break;
      expect(turn).toBeLessThan(1000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
});

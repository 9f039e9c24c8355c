/** Clients that send or read slowly, or too much: what they hold ends, and is bounded meanwhile. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { allKinds, ConfigMap } from '@kargo/api';
import { seededRandom, VirtualClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openApiServer, SYSTEM_ADMIN, type ApiServer } from '../api-server.ts';
import { BodyReader } from './body.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const MiB = 1024 * 1024;

let clock: VirtualClock;
let server: ApiServer;
let http: Server;
let sockets: Socket[];

beforeEach(async () => {
  clock = new VirtualClock();
  sockets = [];
  server = openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock,
    random: seededRandom(1),
    authenticate: () => SYSTEM_ADMIN,
  });
  http = createServer(server.handler);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await server.close();
});

/** A connection, and what came over it so far. */
async function dial(): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect((http.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  return { socket, received: () => text };
}

const head = (length: string): string =>
  `POST ${MAPS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;

describe('a body', () => {
  it('that comes in drops is not waited for longer than a minute', async () => {
    const { socket, received } = await dial();
    socket.write(`${head('Content-Length: 1000')}{"api`);
    for (let drop = 0; drop < 5; drop++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await clock.advanceBy(10_000);
      socket.write('x');
    }
    expect(received()).toBe('');
    await vi.waitFor(async () => {
      await clock.advanceBy(15_000);
      expect(received()).toMatch(/^HTTP\/1\.1 504 .*connection: close.*request did not complete within the allotted timeout/is);
    });
  });

  it.each([
    ['says how long it is', `Content-Length: ${128 * MiB}`],
    ['comes in chunks', 'Transfer-Encoding: chunked'],
  ])('of 128 MiB that %s is refused when a part of it has come', async (_, length) => {
    const { socket, received } = await dial();
    socket.write(head(length));
    const chunk = Buffer.alloc(64 * 1024, ' ');
    const framed = length.startsWith('T') ? Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]) : chunk;
    let sent = 0;
    while (sent < 128 * MiB && received() === '' && !socket.destroyed) {
      sent += chunk.length;
      const flushed = socket.write(framed);
      await new Promise<void>((resolve) =>
        flushed ? setImmediate(resolve) : (socket.once('drain', resolve), socket.once('close', resolve)),
      );
    }
    expect(received()).toMatch(/^HTTP\/1\.1 413 .*limit is 3145728/s);
    expect(sent).toBeLessThan(32 * MiB);
  });

  it('is refused when too much is arriving at once, and taken again when there is room', async () => {
    const bodies = new BodyReader(clock, 1000);
    const arriving = (): PassThrough & IncomingMessage =>
      Object.assign(new PassThrough(), { headers: { 'content-type': 'application/json' } }) as never;
    const first = arriving();
    const second = arriving();
    const [one, two] = [bodies.read(first), bodies.read(second)];
    first.write('x'.repeat(600));
    second.write('x'.repeat(600));
    await expect(two).rejects.toMatchObject({ reason: 'TooManyRequests', details: { retryAfterSeconds: 1 } });
    first.end('x'.repeat(100));
    expect((await one).bytes).toHaveLength(700);
    const third = arriving();
    third.end('x'.repeat(900));
    expect((await bodies.read(third)).bytes).toHaveLength(900);
  });
});

describe('a watch', () => {
  it('that nobody reads is cut after a minute', async () => {
    const { socket, received } = await dial();
    socket.write(`GET ${MAPS}?watch=true&resourceVersion=0 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await vi.waitFor(() => expect(received()).toContain('200 OK'));
    socket.pause();
    const client = server.client();
    const connections = (): Promise<number> =>
      new Promise((resolve, reject) => http.getConnections((error, count) => (error ? reject(error) : resolve(count))));
    for (let event = 0; event < 60; event++)
      await client.create(ConfigMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `m${event}`, namespace: 'default' },
        data: { text: 'x'.repeat(500_000) },
      });
    await clock.advanceBy(50_000);
    expect(await connections()).toBe(1);
    await vi.waitFor(async () => {
      await clock.advanceBy(15_000);
      expect(await connections()).toBe(0);
    });
  });

  it('that asks for bookmarks gets one a minute while nothing happens', async () => {
    const { socket, received } = await dial();
    socket.write(`GET ${MAPS}?watch=true&allowWatchBookmarks=true HTTP/1.1\r\nHost: x\r\n\r\n`);
    await vi.waitFor(() => expect(received()).toContain('200 OK'));
    const bookmarks = (): number => received().split('"type":"BOOKMARK"').length - 1;
    await clock.advanceBy(59_000);
    expect(bookmarks()).toBe(0);
    for (const [later, count] of [
      [2000, 1],
      [60_000, 2],
    ] as const) {
      await clock.advanceBy(later);
      await vi.waitFor(() => expect(bookmarks()).toBe(count));
    }
    expect(received()).toMatch(
      /"type":"BOOKMARK","object":\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"resourceVersion":"\d+"/,
    );
  });
});

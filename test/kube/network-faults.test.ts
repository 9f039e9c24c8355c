/** An informer and a client over a network that fails in every way it can, in front of a real API over TCP. */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { ConfigMap, coreKinds, Namespace } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN, type ApiServer } from '@kargo/apiserver';
import { httpClient, Manager, seededRandom, settled, silentLog, systemClock, VirtualClock, type Client } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let api: ApiServer;
let http: Server;
let network: TcpServer;
let client: Client;
const open = new Set<Socket>();
/** Answers in place of the API while it is set; false leaves the request to the API. */
let instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
/** What becomes of new connections, and of what the API sends. */
let accepts = true;
let garble: ((chunk: Buffer) => Buffer | undefined) | undefined;

beforeAll(async () => {
  const random = seededRandom(1);
  api = openApiServer({
    path: ':memory:',
    kinds: coreKinds,
    clock: systemClock,
    random,
    authenticate: () => SYSTEM_ADMIN,
    historyLimit: 20,
  });
  http = createHttpServer((request, response) => {
    if (instead?.(request, response) !== true) api.handler(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  network = createServer((socket) => {
    socket.on('error', () => undefined);
    if (!accepts) return socket.resetAndDestroy();
    open.add(socket);
    const target = connect(port, '127.0.0.1');
    target.on('error', () => socket.destroy());
    socket.on('close', () => {
      open.delete(socket);
      target.destroy();
    });
    socket.on('data', (chunk) => target.write(chunk));
    target.on('data', (chunk: Buffer) => {
      const passed = garble === undefined ? chunk : garble(chunk);
      if (passed !== undefined) socket.write(passed);
    });
    target.on('close', () => socket.destroy());
    return undefined;
  });
  await new Promise<void>((resolve) => network.listen(0, '127.0.0.1', resolve));
  client = httpClient({ baseURL: `http://127.0.0.1:${(network.address() as AddressInfo).port}` });
  await api.client().create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  http.closeAllConnections();
  await Promise.all([new Promise((resolve) => http.close(resolve)), new Promise((resolve) => network.close(resolve))]);
  await api.close();
});

let made = 0;

async function make(): Promise<string> {
  const name = `made-${++made}`;
  await api.client().create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'n' } });
  return name;
}

async function until(what: string, done: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!done()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const cut = (): void => {
  for (const socket of open) socket.resetAndDestroy();
};
const status = (code: number, headers: Record<string, string> = {}, body = '{}') => {
  let left = 2;
  return (_: IncomingMessage, response: ServerResponse): boolean => {
    if (left-- <= 0) return false;
    response.writeHead(code, headers).end(body);
    return true;
  };
};

/** Each breaks the network and mends it; what happened meanwhile must arrive all the same. */
const faults: [string, () => Promise<void> | void][] = [
  ['connections that are reset', cut],
  [
    'a server that cannot be reached for a while',
    async () => {
      accepts = false;
      cut();
      await make();
      await new Promise((resolve) => setTimeout(resolve, 300));
      accepts = true;
    },
  ],
  [
    'answers that are garbage',
    async () => {
      garble = () => Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n\u0000<html>{"type":');
      cut();
      await make();
      await new Promise((resolve) => setTimeout(resolve, 300));
      garble = undefined;
      cut();
    },
  ],
  [
    'events that are garbage',
    async () => {
      let sent = false;
      garble = (chunk) => {
        if (sent) return chunk;
        sent = true;
        return Buffer.concat([Buffer.from('zz\r\n'), chunk]);
      };
      await make();
      await new Promise((resolve) => setTimeout(resolve, 100));
      garble = undefined;
      cut();
    },
  ],
  [
    'a server that is too busy',
    () => {
      instead = status(429, { 'retry-after': '0' });
      cut();
    },
  ],
  [
    'a proxy whose server is gone',
    () => {
      instead = status(502, { 'content-type': 'text/html' }, '<html>bad gateway</html>');
      cut();
    },
  ],
  [
    'credentials that are refused for a while',
    () => {
      instead = status(401);
      cut();
    },
  ],
  [
    'history that is gone',
    async () => {
      accepts = false;
      cut();
      for (let n = 0; n < 30; n++) await make();
      api.compact();
      accepts = true;
    },
  ],
];

describe('a network that fails', () => {
  it.each(faults)('by %s loses nothing', { timeout: 30_000 }, async (_, fail) => {
    const manager = new Manager({ client, clock: systemClock, random: seededRandom(2), log: silentLog });
    const seen = new Set<string>();
    manager.add({
      name: 'maps',
      for: ConfigMap,
      sources: [],
      reconciler: { reconcile: ({ name }) => Promise.resolve((seen.add(name), settled)) },
    });
    await manager.start();
    try {
      const before = await make();
      await until('an event', () => seen.has(before));
      await fail();
      const after = await make();
      await until('what happened meanwhile', () => seen.has(after) && seen.size >= made);
    } finally {
      instead = undefined;
      garble = undefined;
      accepts = true;
      await manager.stop();
    }
  });

  it('by a connection whose other end is gone without a word is given up, at once after its time', async () => {
    const clock = new VirtualClock(0);
    const asked: number[] = [];
    const silent = httpClient({
      baseURL: 'http://x',
      clock,
      fetch: (_url, { signal }) => {
        asked.push(clock.now());
        const body = new ReadableStream<Uint8Array>({
          start: (stream) => signal?.addEventListener('abort', () => stream.error(signal.reason)),
        });
        return Promise.resolve(new Response(body));
      },
    });
    const failed = (async () => {
      for await (const _ of silent.watch(ConfigMap)) throw new Error('nothing is sent');
    })().catch((error: unknown) => error);
    await clock.advanceBy(280_000);
    expect(await failed).toMatchObject({ reason: 'Timeout' });
    expect(asked).toEqual([0]);
  });

  it('by never answering the request of a watch is given up too', async () => {
    const clock = new VirtualClock(0);
    const mute = httpClient({
      baseURL: 'http://x',
      clock,
      fetch: (_url, { signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    const failed = mute
      .watch(ConfigMap)
      [Symbol.asyncIterator]()
      .next()
      .catch((error: unknown) => error);
    await clock.advanceBy(61_000);
    expect(await failed).toMatchObject({ reason: 'Timeout' });
  });
});

describe('a server that is too busy', () => {
  const busy = (header: string): Response => new Response('{}', { status: 429, headers: { 'retry-after': header } });

  it.each([
    ['seconds', '7', 7000],
    ['a date', new Date(9000).toUTCString(), 9000],
  ])('is asked again after the time it says in %s, for writes too', async (_, header, wait) => {
    const clock = new VirtualClock(0);
    const at: number[] = [];
    const answers = [busy(header), new Response('{"metadata":{"name":"n"}}', { status: 201 })];
    const polite = httpClient({
      baseURL: 'http://x',
      clock,
      retries: { attempts: 3, base: 10, max: 100, random: seededRandom(1) },
      fetch: async () => (at.push(clock.now()), answers.shift() ?? new Response('{}')),
    });
    const call = polite.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'n', namespace: 'n' } });
    await clock.advanceBy(20_000);
    expect((await call).metadata.name).toBe('n');
    expect(at).toEqual([0, wait]);
  });
});

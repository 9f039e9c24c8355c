/**
 * The embedded API under load: durable single writes, starting with many objects, paged lists, watch fan-out. Prints figures.
 * The data folder is the argument, or a scratch folder.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allKinds, ConfigMap, Stage } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN, type ApiServer, type ApiServerOptions } from '@kargo/apiserver';
import { httpClient, systemClock, systemRandom, type Client } from '@kargo/kube';

const scratch = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'kargo-bench-'));
const WRITERS = 100;
const OBJECTS = 10_000;
const WATCHERS = 100;
const EVENTS = 100;

function open(options: Partial<ApiServerOptions> = {}): ApiServer {
  return openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock: systemClock,
    random: systemRandom,
    authenticate: () => SYSTEM_ADMIN,
    ...options,
  });
}

function report(name: string, value: number, unit: string, more = ''): void {
  console.log(`${Math.round(value).toLocaleString('en').padStart(10)} ${unit.padEnd(14)} ${name}${more}`);
}

function percentile(sorted: readonly number[], share: number): string {
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)} ms`;
}

function memory(): string {
  return `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB resident`;
}

/** About 3 kB. */
function stage(name: string): Stage {
  const steps = Array.from({ length: 12 }, (_, index) => ({
    uses: 'git-commit',
    as: `step-x${index}`,
    config: { path: `./out/${index}`, message: 'm'.repeat(100) },
  }));
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    metadata: { name, namespace: 'default', labels: { app: `a${name.length}` } },
    spec: {
      requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources: { direct: true } }],
      promotionTemplate: { spec: { steps } },
    },
  };
}

async function writes(name: string, options: Partial<ApiServerOptions>, perWriter: number): Promise<void> {
  const server = open(options);
  const client = server.client();
  const latencies: number[] = [];
  const start = performance.now();
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      let object = await client.create(Stage, stage(`w${writer}`));
      for (let count = 1; count < perWriter; count++) {
        const before = performance.now();
        object = await client.update(Stage, { ...object, spec: { ...object.spec, shard: `s${count}` } });
        latencies.push(performance.now() - before);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  report(
    name,
    (WRITERS * perWriter) / seconds,
    'writes/s',
    `, 3 kB, ${WRITERS} writers, p50 ${percentile(latencies, 0.5)}, p99 ${percentile(latencies, 0.99)}`,
  );
  await server.close();
}

async function serve(server: ApiServer): Promise<{ client: Client; url: string; close: () => void }> {
  const http = createServer(server.handler);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url,
    client: httpClient({ baseURL: url }),
    close: () => {
      http.close();
      http.closeAllConnections();
    },
  };
}

async function lists(): Promise<void> {
  const path = join(scratch, 'lists.db');
  const filled = open({ path });
  const writer = filled.client();
  for (let at = 0; at < OBJECTS; at += 500)
    await Promise.all(Array.from({ length: 500 }, (_, index) => writer.create(Stage, stage(`s${at + index}`))));
  await filled.close();

  const start = performance.now();
  const server = open({ path });
  report(`open a store of ${OBJECTS} objects of 3 kB`, performance.now() - start, 'ms', `, ${memory()}`);
  const { client, close } = await serve(server);
  for (const [name, reader] of [
    ['in process', server.client()],
    ['over HTTP', client],
  ] as const) {
    const before = performance.now();
    let seen = 0;
    let next: string | undefined;
    do {
      const page = await reader.list(Stage, { limit: 500, continue: next });
      seen += page.items.length;
      next = page.metadata.continue;
    } while (next !== undefined);
    report(`list ${seen} objects in pages of 500 ${name}`, performance.now() - before, 'ms', `, ${memory()}`);
  }
  close();
  await server.close();
}

async function fanOut(): Promise<void> {
  const server = open();
  const { url, close } = await serve(server);
  const client = server.client();
  const { metadata } = await client.list(ConfigMap);
  let delivered = 0;
  const path = `/api/v1/configmaps?watch=true&resourceVersion=${metadata.resourceVersion}`;
  const done = Promise.all(
    Array.from(
      { length: WATCHERS },
      () =>
        new Promise<void>((resolve, reject) => {
          let mine = 0;
          get(`${url}${path}`, (response) => {
            response.on('data', (chunk: Buffer) => {
              for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) mine++;
              if (mine < EVENTS) return;
              delivered += mine;
              response.destroy();
              resolve();
            });
          }).on('error', reject);
        }),
    ),
  );
  await systemClock.sleep(300);
  const start = performance.now();
  for (let event = 0; event < EVENTS; event++)
    await client.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `e${event}`, namespace: 'default' },
      data: { text: 'x'.repeat(6000) },
    });
  await done;
  report(
    'deliveries to HTTP watchers',
    delivered / ((performance.now() - start) / 1000),
    'events/s',
    `, 6 kB, ${WATCHERS} watchers, ${memory()}`,
  );
  close();
  await server.close();
}

await writes('durable (FULL)', { path: join(scratch, 'full.db'), durability: 'full' }, 50);
await writes('durable (NORMAL)', { path: join(scratch, 'normal.db'), durability: 'normal' }, 50);
await writes('in memory', {}, 50);
await lists();
await fanOut();
if (process.argv[2] === undefined) rmSync(scratch, { recursive: true, force: true });

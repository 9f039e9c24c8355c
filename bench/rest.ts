/**
 * The REST API of a server that listens: a page of 50 freight out of 10,000 in a project, with 100,000 in the store, at 200 requests a
 * second; and one change seen by 200 watching clients.
 */
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allKinds, Freight, Namespace, Project, Stage } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { silentLog, systemClock, systemRandom } from '@kargo/kube';
import { createRestServer, createMetrics } from '@kargo/server';

const PROJECTS = 10;
const FREIGHT = 10_000;
const RATE = 200;
const SECONDS = 10;
const WATCHERS = 200;

const at = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const ms = (value: number): string => `${value.toFixed(1)} ms`;

const directory = await mkdtemp(join(tmpdir(), 'kargo-bench-'));
const api = openApiServer({
  path: join(directory, 'kargo.db'),
  durability: 'normal',
  kinds: allKinds,
  clock: systemClock,
  random: systemRandom,
});
const client = api.client();
const type = { apiVersion: 'kargo.akuity.io/v1alpha1' };
for (let p = 0; p < PROJECTS; p++) {
  const project = `p${p}`;
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: project } });
  await client.create(Project, { ...type, kind: 'Project', metadata: { name: project } });
  for (let from = 0; from < FREIGHT; from += 500)
    await Promise.all(
      Array.from({ length: 500 }, async (_, i) => {
        const n = from + i;
        const name = `${n.toString(16).padStart(8, '0')}${'0123456789abcdef'.repeat(2)}`;
        await client.create(Freight, {
          ...type,
          kind: 'Freight',
          metadata: { name, namespace: project, labels: { 'kargo.akuity.io/alias': `brave-otter-${n}` } },
          alias: `brave-otter-${n}`,
          discoveredAt: new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString().replace('.000Z', 'Z'),
          origin: { kind: 'Warehouse', name: 'images' },
          images: [{ repoURL: 'ghcr.io/acme/app', tag: `1.${n}.0`, digest: `sha256:${'ab'.repeat(32)}` }],
          commits: [
            {
              repoURL: 'https://github.com/acme/app.git',
              id: 'ab'.repeat(20),
              message: 'A message of usual length for a commit',
              author: 'A <a@b.c>',
            },
          ],
        } as Freight);
      }),
    );
}
await client.create(Stage, {
  ...type,
  kind: 'Stage',
  metadata: { name: 'test', namespace: 'p0' },
  spec: { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'images' }, sources: { direct: true } }] },
} as Stage);

const rest = createRestServer({
  client: (user) => api.client(user),
  privileged: client,
  auth: { skip: true },
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  rateLimit: false,
  metrics: createMetrics().rest,
});
await rest.listen({ host: '127.0.0.1', port: 0 });
const { port } = rest.server.address() as AddressInfo;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

function get(path: string): Promise<{ bytes: number; ms: number; text: string }> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: `/v1beta1${path}`, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ bytes: Buffer.byteLength(text), ms: performance.now() - started, text }));
    })
      .on('error', reject)
      .end();
  });
}

console.log(`${PROJECTS * FREIGHT} freight stored, ${FREIGHT} of them in the project`);
const first = await get('/projects/p0/freight?limit=50&reverse=true');
let next = (JSON.parse(first.text) as { continue: string }).continue;
for (let i = 0; i < 200; i++) await get('/projects/p0/freight?limit=50&reverse=true');

const times: number[] = [];
let largest = 0;
const pending: Promise<void>[] = [];
const began = performance.now();
for (let n = 0; n < RATE * SECONDS; n++) {
  const due = began + (n * 1000) / RATE;
  const wait = due - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  // Every other request goes on where another left off, and one in a hundred writes in between.
  const path = `/projects/p0/freight?limit=50&reverse=true${n % 2 === 0 ? '' : `&continue=${next}`}`;
  pending.push(
    get(path).then(({ bytes, ms: took, text }) => {
      times.push(took);
      largest = Math.max(largest, bytes);
      const page = JSON.parse(text) as { continue?: string; groups: Record<string, { items: unknown[] }> };
      if (page.groups['']?.items.length !== 50) throw new Error(`a page of ${page.groups['']?.items.length}`);
      next = page.continue ?? next;
    }),
  );
}
await Promise.all(pending);
console.log(
  `page of 50 at ${RATE}/s: p50 ${ms(at(times, 0.5))}, p99 ${ms(at(times, 0.99))} (limit 20 ms), ${(largest / 1024).toFixed(1)} KiB (limit 64 KiB)`,
);

const lags: number[] = [];
let eventBytes = 0;
let changed = 0;
const streams = Array.from(
  { length: WATCHERS },
  () =>
    new Promise<{ seen: Promise<void>; close: () => void }>((resolve) => {
      const watching = request({ host: '127.0.0.1', port, path: '/v1beta1/projects/p0/stages?watch=true' }, (response) => {
        let got: () => void = () => undefined;
        const seen = new Promise<void>((done) => {
          got = done;
        });
        response.on('data', (chunk: Buffer) => {
          if (changed === 0 || !chunk.toString().includes('MODIFIED')) return;
          lags.push(performance.now() - changed);
          eventBytes = Math.max(eventBytes, chunk.length);
          got();
        });
        resolve({ seen, close: () => response.destroy() });
      });
      watching.end();
    }),
);
const open = await Promise.all(streams);
await new Promise((resolve) => setTimeout(resolve, 500));
changed = performance.now();
await client.patch(Stage, { namespace: 'p0', name: 'test' }, { type: 'merge', body: { metadata: { annotations: { x: '1' } } } });
await Promise.all(open.map(({ seen }) => seen));
console.log(
  `${WATCHERS} watchers, one change: p50 ${ms(at(lags, 0.5))}, p99 ${ms(at(lags, 0.99))} (limit 250 ms), ${eventBytes} bytes an event`,
);
for (const { close } of open) close();
agent.destroy();
await rest.close();
await api.close();
await rm(directory, { recursive: true });

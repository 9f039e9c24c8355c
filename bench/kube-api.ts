/**
 * The embedded Kubernetes API over HTTP, the server in a process of its own as with `kargo up`: durable single writes with 100 clients,
 * paged lists, 500 watchers, and the start with 100,000 objects. Prints figures and memory next to their limits. `--objects N` takes
 * another number for the start.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { allKinds, Stage, type ConfigMap } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN } from '@kargo/apiserver';
import { systemClock, systemRandom } from '@kargo/kube';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { objects: { type: 'string', default: '100000' } },
});
const CLIENTS = 100;
const STAGES = '/apis/kargo.akuity.io/v1alpha1/namespaces/default/stages';
const MAPS = '/api/v1/namespaces/default/configmaps';

/** A Stage of about 3 kB. */
function stage(name: string): Stage {
  const steps = Array.from({ length: 12 }, (_, index) => ({
    uses: 'git-commit',
    as: `step-x${index}`,
    config: { path: `./out/${index}`, message: 'm'.repeat(96) },
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

/** In the child: serves a database until it is killed; says how long opening took, and its memory whenever it is asked on standard input. */
async function serve(path: string): Promise<void> {
  const started = performance.now();
  const server = openApiServer({
    path,
    kinds: allKinds,
    clock: systemClock,
    random: systemRandom,
    authenticate: () => SYSTEM_ADMIN,
  });
  const opened = performance.now() - started;
  const http = createServer(server.handler);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  console.log(JSON.stringify({ port: (http.address() as AddressInfo).port, opened, started: performance.now() }));
  for await (const line of createInterface(process.stdin)) {
    if (line === 'memory') console.log(JSON.stringify({ resident: resident() }));
  }
}

/** In the child: fills a database. */
async function fill(path: string, count: number): Promise<void> {
  const server = openApiServer({ path, kinds: allKinds, clock: systemClock, random: systemRandom, durability: 'normal' });
  const client = server.client();
  for (let at = 0; at < count; at += 500)
    await Promise.all(
      Array.from({ length: Math.min(500, count - at) }, (_, index) => client.create(Stage, stage(`s${at + index}`))),
    );
  await server.close();
}

/** MiB: now, and at most so far. */
function resident(): { now: number; most: number } {
  const text = readFileSync('/proc/self/status', 'utf8');
  const of = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) / 1024);
  return { now: of('VmRSS'), most: of('VmHWM') };
}

interface Served {
  url: string;
  opened: number;
  /** From the start of the process, in milliseconds. */
  ready: number;
  memory: () => Promise<string>;
  cpuSeconds: () => number;
  stop: () => Promise<void>;
}

function child(...args: string[]): ChildProcess {
  return spawn(process.execPath, [import.meta.filename, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function start(path: string): Promise<Served> {
  const began = performance.now();
  const process_ = child('serve', path);
  if (process_.stdout === null || process_.stdin === null) throw new Error('no pipes');
  const lines = createInterface(process_.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, never>> =>
    JSON.parse(String((await lines.next()).value)) as Record<string, never>;
  const { port, opened } = (await next()) as unknown as { port: number; opened: number };
  const ready = performance.now() - began;
  return {
    url: `http://127.0.0.1:${port}`,
    opened,
    ready,
    memory: async () => {
      process_.stdin?.write('memory\n');
      const { resident: used } = (await next()) as unknown as { resident: { now: number; most: number } };
      return `${used.now} MiB resident, at most ${used.most}`;
    },
    cpuSeconds: () => cpuSeconds(process_.pid),
    stop: async () => {
      process_.kill('SIGKILL');
      await once(process_, 'close');
    },
  };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1000 });

function call(url: string, method = 'GET', body?: object): Promise<{ metadata: Record<string, string>; items?: unknown[] }> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      'content-type': 'application/json',
      ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
    };
    request(url, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if ((response.statusCode ?? 500) >= 300) reject(new Error(`${method} ${url}: ${answer}`));
        else resolve(JSON.parse(answer) as never);
      });
    })
      .on('error', reject)
      .end(text);
  });
}

/** CPU time that a process has used, in seconds; 0 where the system does not say. */
function cpuSeconds(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function report(name: string, value: number, unit: string, limit: string, more = ''): void {
  console.log(`${Math.round(value).toLocaleString('en').padStart(9)} ${unit.padEnd(9)} ${name} (limit: ${limit})${more}`);
}

function percentile(values_: readonly number[], share: number): string {
  const sorted = values_.toSorted((a, b) => a - b);
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0)} ms`;
}

async function writes(path: string): Promise<void> {
  const server = await start(path);
  const own = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => call(server.url + STAGES, 'POST', stage(`w${index}`))),
  );
  const latencies: number[] = [];
  const used = server.cpuSeconds();
  const until = performance.now() + 5000;
  const began = performance.now();
  await Promise.all(
    own.map(async (made, index) => {
      let object = made as unknown as Stage;
      for (let turn = 0; performance.now() < until; turn++) {
        const before = performance.now();
        const body = { ...object, spec: { ...object.spec, shard: `s${turn}` } };
        object = (await call(`${server.url}${STAGES}/w${index}`, 'PUT', body)) as unknown as Stage;
        latencies.push(performance.now() - before);
      }
    }),
  );
  const rate = latencies.length / ((performance.now() - began) / 1000);
  report(
    'durable single writes of 3 kB, 100 clients',
    rate,
    'writes/s',
    '2,000',
    `, p50 ${percentile(latencies, 0.5)}, p99 ${percentile(latencies, 0.99)}, ${(((server.cpuSeconds() - used) * 1e6) / latencies.length).toFixed(0)} µs of CPU each, ${await server.memory()}`,
  );
  await server.stop();
}

async function lists(path: string): Promise<void> {
  await once(child('fill', path, '10000'), 'close');
  const server = await start(path);
  for (const round of ['first', 'again']) {
    const began = performance.now();
    let seen = 0;
    let next: string | undefined;
    do {
      const page: Awaited<ReturnType<typeof call>> = await call(
        `${server.url}${STAGES}?limit=500${next === undefined ? '' : `&continue=${next}`}`,
      );
      seen += page.items?.length ?? 0;
      next = page.metadata['continue'];
    } while (next !== undefined);
    report(
      `list of ${seen} objects of 3 kB in pages of 500, ${round}`,
      performance.now() - began,
      'ms',
      'none named',
      `, ${await server.memory()}`,
    );
  }
  await server.stop();
}

async function watchers(path: string): Promise<void> {
  const WATCHERS = 500;
  const RATE = 100;
  const SECONDS = 5;
  const server = await start(path);
  const { metadata } = await call(server.url + MAPS);
  const sent = new Map<string, number>();
  const delays: number[] = [];
  let delivered = 0;
  const sockets = new Agent({ keepAlive: true, maxSockets: WATCHERS });
  await Promise.all(
    Array.from(
      { length: WATCHERS },
      () =>
        new Promise<void>((resolve, reject) => {
          const url = `${server.url}${MAPS}?watch=true&resourceVersion=${metadata['resourceVersion']}`;
          request(url, { agent: sockets }, (response) => {
            resolve();
            let rest = '';
            response.on('data', (chunk: Buffer) => {
              rest += chunk.toString('latin1');
              for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
                const name = /"name":"(e\d+)"/.exec(rest.slice(0, end))?.[1] ?? '';
                rest = rest.slice(end + 1);
                delivered++;
                delays.push(performance.now() - (sent.get(name) ?? 0));
              }
            });
          })
            .on('error', (error) => (delivered < WATCHERS * RATE * SECONDS ? reject(error) : undefined))
            .end();
        }),
    ),
  );
  const began = performance.now();
  const used = server.cpuSeconds();
  const writes_: Promise<unknown>[] = [];
  for (let event = 0; event < RATE * SECONDS; event++) {
    const due = began + (event * 1000) / RATE;
    if (performance.now() < due) await systemClock.sleep(due - performance.now());
    sent.set(`e${event}`, performance.now());
    const object: ConfigMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `e${event}` },
      data: { text: 'x'.repeat(900) },
    };
    writes_.push(call(server.url + MAPS, 'POST', object));
  }
  await Promise.all(writes_);
  const written = performance.now() - began;
  while (delivered < WATCHERS * RATE * SECONDS && performance.now() - began < 60_000) await systemClock.sleep(20);
  const behind = performance.now() - began - written;
  report(
    `events to ${WATCHERS} watchers at ${RATE} a second, all delivered`,
    delivered / ((performance.now() - began) / 1000),
    'events/s',
    `${(WATCHERS * RATE).toLocaleString('en')}`,
    `, last ones ${behind.toFixed(0)} ms after the last write, delay p50 ${percentile(delays, 0.5)}, p99 ${percentile(delays, 0.99)}, ${(((server.cpuSeconds() - used) * 1e6) / delivered).toFixed(1)} µs of CPU each, ${await server.memory()}`,
  );
  sockets.destroy();
  await server.stop();
}

async function large(path: string, count: number): Promise<void> {
  const [code] = (await once(child('fill', path, String(count)), 'close')) as [number];
  if (code !== 0) throw new Error('the database was not filled');
  const server = await start(path);
  report(
    `start with ${count} objects of 3 kB, whole process`,
    server.ready,
    'ms',
    '5,000',
    `, opening alone ${server.opened.toFixed(0)} ms, file of ${Math.round(statSync(path).size / 2 ** 20)} MiB, ${await server.memory()} (limit: 600)`,
  );
  const began = performance.now();
  await call(`${server.url}${STAGES}?limit=500`);
  report('first page of 500 of them', performance.now() - began, 'ms', 'none named', `, ${await server.memory()}`);
  await server.stop();
}

const [role, path = '', count = '0'] = positionals;
if (role === 'serve') await serve(path);
else if (role === 'fill') await fill(path, Number(count));
else {
  const scratch = mkdtempSync(join(tmpdir(), 'kargo-bench-'));
  try {
    await writes(join(scratch, 'writes.db'));
    await lists(join(scratch, 'lists.db'));
    await watchers(join(scratch, 'watchers.db'));
    await large(join(scratch, 'large.db'), Number(values.objects));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
process.exit(0);

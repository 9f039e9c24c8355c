/** What a thousand analysis runs that measure every ten seconds cost, and how late their measurements are. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allKinds, AnalysisRun, Namespace } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { analysisRunController, eventRecorder } from '@kargo/controllers';
import { realHttp, type Http } from '@kargo/integrations';
import { Manager, silentLog, systemClock, systemRandom } from '@kargo/kube';

const RUNS = Number(process.env['RUNS'] ?? 1000);
const SECONDS = Number(process.env['SECONDS'] ?? 60);
const INTERVAL_MS = 10_000;
const NAMESPACE = 'bench';

/** A metric server in a process of its own, so that its work is not counted. */
const SERVER = `
  const server = require('node:http').createServer((request, response) => response.end('{"errors":0}'));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

async function bench(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kargo-analysis-'));
  const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  const address = `http://127.0.0.1:${port.toString().trim()}`;
  const api = openApiServer({ path: join(folder, 'kargo.db'), kinds: allKinds, clock: systemClock, random: systemRandom });
  const client = api.client();
  const manager = new Manager({ client, clock: systemClock, random: systemRandom, log: silentLog });
  const real = realHttp();
  const watched = new Punctuality(real);
  const events = eventRecorder({ client, clock: systemClock, random: systemRandom, log: silentLog, component: 'bench' });
  manager.add(analysisRunController({ cache: manager.cache, events, ports: { clock: systemClock, http: watched, client } }));
  await manager.start();
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  for (let index = 0; index < RUNS; index += 1) {
    await client.create(AnalysisRun, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: { namespace: NAMESPACE, name: `run-${index}` },
      spec: {
        metrics: [
          {
            name: 'errors',
            interval: '10s',
            count: 1_000_000,
            successCondition: 'result.errors < 1',
            provider: { web: { url: `${address}/${index}`, jsonPath: '{$}' } },
          },
        ],
      },
    });
    // Runs of a real day do not all begin in the same second.
    if (index % Math.ceil(RUNS / 100) === 0) await systemClock.sleep(INTERVAL_MS / 100);
  }
  await systemClock.sleep(2 * INTERVAL_MS);
  watched.reset();
  const cpu = process.cpuUsage();
  const started = performance.now();
  let memory = 0;
  while (performance.now() - started < SECONDS * 1000) {
    await systemClock.sleep(1000);
    memory = Math.max(memory, process.memoryUsage.rss());
  }
  const elapsed = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  const share = ((user + system) / 1000 / elapsed) * 100;
  console.log(`${RUNS} runs, one measurement every 10 s each, for ${Math.round(elapsed / 1000)} s`);
  console.log(`${(watched.late.length / (elapsed / 1000)).toFixed(0)} measurements a second`);
  console.log(`${share.toFixed(1)} % of one core (at most 20)`);
  console.log(`${Math.round(memory / 1024 / 1024)} MiB of memory at most (at most 300)`);
  const late = watched.late.toSorted((a, b) => a - b);
  console.log(
    `latest measurement ${(late.at(-1) ?? 0).toFixed(0)} ms late (at most 1000), 99 of 100 within ${(late[Math.floor(late.length * 0.99)] ?? 0).toFixed(0)} ms`,
  );
  await manager.stop();
  await api.close();
  real.close();
  server.kill();
  await rm(folder, { recursive: true, force: true });
}

/** Notes how much later than ten seconds after the one before each measurement begins. */
class Punctuality implements Http {
  readonly late: number[] = [];
  readonly #http: Http;
  readonly #last = new Map<string, number>();

  constructor(http: Http) {
    this.#http = http;
  }

  send(request: Parameters<Http['send']>[0]): ReturnType<Http['send']> {
    const now = performance.now();
    const last = this.#last.get(request.url);
    if (last !== undefined) this.late.push(Math.max(0, now - last - INTERVAL_MS));
    this.#last.set(request.url, now);
    return this.#http.send(request);
  }

  reset(): void {
    this.late.length = 0;
  }
}

await bench();

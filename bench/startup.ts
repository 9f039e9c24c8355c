/** How soon `kargo up` serves, and what it takes while nothing happens. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKargo } from '../examples/demo/kargo.ts';
import { shown } from './seed-world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
/** Windows after the start, in seconds: the first one holds whatever comes after a start, the second one what never ends. */
const WINDOWS = [
  [3, 23],
  [30, 90],
] as const;

/** The process and what it started. */
async function family(pid: number): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(children.map(family))).flat()];
}

/** CPU time of all threads, in seconds: the scheduler counts nanoseconds, where `stat` counts hundredths of seconds. */
async function cpuSeconds(pids: readonly number[]): Promise<number> {
  let sum = 0;
  for (const pid of pids)
    for (const thread of await readdir(`/proc/${pid}/task`)) {
      // A thread may end meanwhile; idle ones do not.
      const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0');
      sum += Number(text.split(' ')[0]) / 1e9;
    }
  return sum;
}

async function residentMiB(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Prints what a process that serves takes while nobody asks anything of it. */
async function printIdle(pid: number, served: number): Promise<void> {
  for (const [from, to] of WINDOWS) {
    await sleep(served + from * 1000 - performance.now());
    const pids = await family(pid);
    const before = await cpuSeconds(pids);
    const begun = performance.now();
    await sleep(served + to * 1000 - begun);
    const share = (await cpuSeconds(pids)) - before;
    const percent = ((share * 1000) / (performance.now() - begun)) * 100;
    console.log(`idle CPU, seconds ${from} to ${to}`.padEnd(39) + `${percent.toFixed(2)} % of one core (at most 1)`);
    const sizes = await Promise.all(pids.map(residentMiB));
    const helpers =
      sizes.length > 1
        ? `, programs it started ${sizes
            .slice(1)
            .map((size) => size.toFixed(0))
            .join(', ')}`
        : '';
    console.log(`idle memory, second ${to}`.padEnd(39) + `${sizes[0]?.toFixed(0)} MiB (at most 150)${helpers}`);
  }
}

/** Prints time to serve, idle memory and idle CPU. */
export async function benchStartup(): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'kargo-startup-'));
  const args = ['--data', data, '--listen', '127.0.0.1:0', '--log-level', 'error'];
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    const server = await startKargo(args, { KARGO_ADMIN_PASSWORD: 'bench' });
    const answer = await fetch(`${server.address}/healthz`);
    if (!answer.ok) throw new Error(`healthz answered ${answer.status}`);
    times.push(performance.now() - started);
    if (round === ROUNDS - 1 && process.platform === 'linux') {
      await printIdle(server.process.pid ?? 0, performance.now());
    }
    await server.stop();
  }
  await rm(data, { recursive: true });
  console.log(`kargo up to first answer               ${shown(times)} (at most 2000)`);
}

if (import.meta.main) await benchStartup();

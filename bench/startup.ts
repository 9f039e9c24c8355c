/** How soon `kargo up` serves, and what it takes while nothing happens. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKargo } from '../examples/demo/kargo.ts';
import { shown } from './seed-world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const IDLE_SECONDS = 20;
/** Kernel clock ticks a second, as Linux reports CPU time. */
const TICKS = 100;

async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
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
      const pid = server.process.pid ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const before = await cpuSeconds(pid);
      await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
      const used = (await cpuSeconds(pid)) - before;
      const rss = Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
      console.log(`idle memory                            ${rss.toFixed(0)} MiB (at most 150)`);
      console.log(
        `idle CPU over ${IDLE_SECONDS} s                      ${((used / IDLE_SECONDS) * 100).toFixed(2)} % of one core (at most 1)`,
      );
    }
    await server.stop();
  }
  await rm(data, { recursive: true });
  console.log(`kargo up to first answer               ${shown(times)} (at most 2000)`);
}

if (import.meta.main) await benchStartup();

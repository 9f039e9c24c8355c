import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { allKinds, ConfigMap } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { seededRandom, systemClock, systemRandom } from '@kargo/kube';
import { afterAll, describe, expect, it } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'kargo-durability-'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const ROUNDS = 100;
/** Databases at a time: while one writer starts, another writes. */
const CHAINS = 4;

interface Answer {
  name: string;
  version: number;
  count: number;
}

describe('processes killed with SIGKILL while they write', () => {
  it(
    `lose no answered write in ${ROUNDS} rounds, never go back, and let watches resume without gap or repetition`,
    { timeout: 240_000 },
    async () => {
      const chains = Array.from({ length: CHAINS }, (_, chain) => killAgainAndAgain(join(directory, `${chain}.db`), chain));
      const answered = await Promise.all(chains);
      expect(answered.flat().length).toBeGreaterThan(ROUNDS);
    },
  );
});

/** Everything that was answered in a chain of rounds on one database. */
async function killAgainAndAgain(path: string, seed: number): Promise<Answer[]> {
  const random = seededRandom(20 + seed);
  let answered: Answer[] = [];
  let newest = 0;
  for (let round = 0; round < ROUNDS / CHAINS; round++) {
    const answers = await writeAndKill(path, 1 + Math.floor(random.next() * 80));
    expect(answers[0]?.version).toBeGreaterThan(newest);
    answered = [...answered, ...answers];

    const server = openApiServer({ path, kinds: allKinds, clock: systemClock, random: systemRandom, historyLimit: 100_000 });
    const { items, metadata } = await server.client().list(ConfigMap);
    const stored = new Map(items.map((item) => [item.metadata.name, item]));
    const missing = answered.filter(({ name, version, count }) => {
      const found = stored.get(name);
      return (
        found === undefined || Number(found.metadata.resourceVersion) < version || Number(found.data?.['count'] ?? 0) < count
      );
    });
    expect(missing).toEqual([]);

    // A watcher that goes on where it was before the kill sees every version once: nothing else is written here.
    const before = newest;
    newest = Number(metadata.resourceVersion);
    const seen = await versionsAfter(server, before === 0 ? (answers[0]?.version ?? 0) - 1 : before, newest);
    const from = seen[0] ?? 0;
    expect(seen).toEqual(Array.from({ length: newest - from + 1 }, (_, index) => from + index));
    if (before > 0) expect(from).toBe(before + 1);
    expect(answers.filter(({ version }) => version < from)).toEqual([]);
    await server.close();
  }
  return answered;
}

/** Starts a writer and kills it after that many answers; returns what it had answered. */
async function writeAndKill(path: string, after: number): Promise<Answer[]> {
  const script = fileURLToPath(new URL('crash-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(directory, 'compiled') },
  });
  const exited = once(child, 'exit');
  const answers: Answer[] = [];
  for await (const line of createInterface(child.stdout)) {
    const [name = '', version, count] = line.split(' ');
    // The last line may be cut off where the process was killed.
    if (count !== undefined && count !== '') answers.push({ name, version: Number(version), count: Number(count) });
    if (answers.length === after) child.kill('SIGKILL');
  }
  const [, signal] = (await exited) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return answers.toSorted((a, b) => a.version - b.version);
}

async function versionsAfter(server: ReturnType<typeof openApiServer>, version: number, until: number): Promise<number[]> {
  const seen: number[] = [];
  if (version >= until) return seen;
  for await (const { object } of server.client().watch(ConfigMap, { resourceVersion: String(version) })) {
    seen.push(Number(object.metadata.resourceVersion));
    if (Number(object.metadata.resourceVersion) >= until) break;
  }
  return seen;
}

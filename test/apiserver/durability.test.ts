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

const ROUNDS = 12;

interface Answer {
  name: string;
  version: number;
  count: number;
}

describe('a process killed with SIGKILL while it writes', () => {
  it(
    'loses no answered write, never goes back, and lets watches resume without gap or repetition',
    { timeout: 120_000 },
    async () => {
      const path = join(directory, 'state.db');
      const random = seededRandom(20);
      let answered: Answer[] = [];
      let newest = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const answers = await writeAndKill(path, 1 + Math.floor(random.next() * 400));
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
        newest = Number(metadata.resourceVersion);

        const seen = await versionsAfter(server, answers[0]?.version ?? 0, newest);
        expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
        expect(answers.slice(1).filter(({ version }) => !seen.includes(version))).toEqual([]);
        await server.close();
      }
      expect(answered.length).toBeGreaterThan(ROUNDS);
    },
  );
});

/** Starts a writer and kills it after that many answers; returns what it had answered. */
async function writeAndKill(path: string, after: number): Promise<Answer[]> {
  const script = fileURLToPath(new URL('crash-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
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

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessError, type ProcessResult, type Processes } from '@kargo/integrations';
import { VirtualClock } from '@kargo/kube';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BUILD_FILE, buildInfo } from './build-info.ts';

/** A little longer than what could not be found out is left alone. */
const PAUSE = 61_000;

let folder: string;
let clock: VirtualClock;
beforeEach(async () => {
  clock = new VirtualClock('2026-01-01T00:00:00Z');
  folder = await mkdtemp(join(tmpdir(), 'kargo-build-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Answers each run with what comes next; what is last goes on. */
function git(...answers: (string | ProcessError)[]): Processes & { runs: number } {
  const processes = {
    runs: 0,
    run: async ({ args }: { args: readonly string[] }): Promise<ProcessResult> => {
      const answer = answers[Math.min(Math.floor(processes.runs++ / 2), answers.length - 1)] ?? '';
      if (answer instanceof ProcessError) throw answer;
      return { exitCode: 0, stdout: args[0] === 'log' ? answer : '', stderr: '', truncated: false, durationMs: 1 };
    },
  };
  return processes;
}

const failure = (code: 'timeout' | 'notStarted'): ProcessError =>
  new ProcessError(code, 'git did not answer', { command: 'git' });

it('asks again after a while what could not be found out, however often it is asked, and remembers what was', async () => {
  await mkdir(join(folder, '.git'));
  const processes = git(failure('timeout'), 'abc123 1767225600');
  const info = buildInfo(folder, { processes, clock, env: {} });
  for (let i = 0; i < 3; i++) expect(await info()).toMatchObject({ gitCommit: 'unknown' });
  expect(processes.runs).toBe(2);
  await clock.advanceBy(PAUSE);
  const together = Promise.all([info(), info()]);
  const found = { gitCommit: 'abc123', buildDate: '2026-01-01T00:00:00Z', gitTreeDirty: false };
  expect(await together).toMatchObject([found, found]);
  await clock.advanceBy(PAUSE);
  expect(await info()).toMatchObject(found);
  expect(processes.runs).toBe(4);
});

it('asks once where there is no git', async () => {
  await mkdir(join(folder, '.git'));
  const processes = git(failure('notStarted'));
  const info = buildInfo(folder, { processes, clock, env: {} });
  for (let i = 0; i < 3; i++) {
    expect(await info()).toMatchObject({ gitCommit: 'unknown' });
    await clock.advanceBy(PAUSE);
  }
  expect(processes.runs).toBe(2);
});

it('reads what was written down again once it can be read', async () => {
  const file = join(folder, BUILD_FILE);
  await writeFile(file, '{"gitCommit": "abc');
  const info = buildInfo(folder, { processes: git(''), clock, env: {} });
  expect(await info()).toMatchObject({ gitCommit: 'unknown' });
  await writeFile(file, '{"gitCommit": "abc123"}');
  await clock.advanceBy(PAUSE);
  expect(await info()).toMatchObject({ gitCommit: 'abc123' });
});

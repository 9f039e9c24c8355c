import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, VirtualClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileJobLogs } from './file-job-logs.ts';
import type { JobLogs } from './port.ts';

const key = { namespace: 'demo', owner: 'uid', job: 'uid.test.1', attempt: 1, container: 'main' };
const clock = new VirtualClock('2026-01-02T03:04:05Z');
const signal = new AbortController().signal;
let directory: string;
let logs: JobLogs;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'job-logs-'));
  logs = fileJobLogs({ directory, clock, log: silentLog, limit: 2000 });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const read = async (follow = false): Promise<string> => (await Array.fromAsync(logs.read(key, { follow, signal }))).join('');

describe('logs of Jobs', () => {
  it('keep lines with their time, however they arrive', async () => {
    const writer = logs.open(key);
    for (const piece of ['on', 'e\ntwo\r\n', 'thr', 'ee']) writer.write(piece);
    await writer.close();
    const at = '2026-01-02T03:04:05.000Z';
    expect(await read()).toBe(`${at} one\n${at} two\n${at} three\n`);
  });

  it('keep the end when there is too much', async () => {
    const writer = logs.open(key);
    for (let line = 0; line < 500; line += 1) {
      writer.write(`line ${line}\n`);
      if (line % 10 === 0) await read();
    }
    await writer.close();
    const text = await read();
    expect(text.length).toBeGreaterThan(900);
    expect(text.length).toBeLessThan(2_200);
    expect(text).toMatch(/^… what was said before is no longer kept\n/);
    expect(text.trimEnd().endsWith('line 499')).toBe(true);
  });

  it('say how much was lost where it came faster than it could be written', async () => {
    const writer = logs.open(key);
    for (let line = 0; line < 500; line += 1) writer.write(`line ${line}\n`);
    await writer.close();
    const text = await read();
    expect(text).toMatch(/^\S+ … \d+ lines came faster than they could be kept\n/);
    expect(text.length).toBeLessThan(2_200);
    expect(text.endsWith('line 499\n')).toBe(true);
  });

  it('break lines that never end', async () => {
    logs = fileJobLogs({ directory, clock, log: silentLog });
    const writer = logs.open(key);
    writer.write('x'.repeat(40_000));
    await writer.close();
    expect((await read()).split('\n').map((line) => line.length)).toEqual([16_409, 16_409, 7_257, 0]);
  });

  it('can be followed: what was said, then what is said, until the end', async () => {
    const writer = logs.open(key);
    writer.write('before\n');
    const following = read(true);
    await new Promise((resolve) => setImmediate(resolve));
    writer.write('after\n');
    await writer.close();
    expect((await following).replaceAll(/\S+Z /g, '')).toBe('before\nafter\n');
    expect((await read(true)).replaceAll(/\S+Z /g, '')).toBe('before\nafter\n');
  });

  it('are told apart by attempt and container, and go with their owner', async () => {
    for (const [attempt, container] of [
      [2, 'b'],
      [10, 'a'],
      [2, 'a'],
    ] as const)
      await logs.open({ ...key, attempt, container }).close();
    expect(await logs.list(key)).toEqual([
      { attempt: 2, container: 'a' },
      { attempt: 2, container: 'b' },
      { attempt: 10, container: 'a' },
    ]);
    expect(await logs.owners('demo')).toEqual(['uid']);
    await logs.remove({ namespace: 'demo', owner: 'uid' });
    expect(await logs.owners('demo')).toEqual([]);
    expect(await logs.list(key)).toEqual([]);
    expect(await read()).toBe('');
  });

  it('never leave their folder, whatever the names', async () => {
    await logs.open({ ...key, namespace: '..', owner: '../..', job: '/etc', container: '../x' }).close();
    expect(await readdir(directory)).toEqual(['%2E%2E']);
  });
});

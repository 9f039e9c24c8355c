import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Promotion } from '@kargo/api';
import { silentLog, VirtualClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aPromotion } from '../testing/run-fixture.ts';
import { fileStepLogs } from './file-step-logs.ts';
import type { StepLogs } from './port.ts';
import { promotionStepLog, promotionStepLogs } from './step-log.ts';

const key = { project: 'demo', promotion: 'uid-1', step: 'task-1::push' };
const clock = new VirtualClock('2026-01-02T03:04:05Z');
const AT = '2026-01-02T03:04:05.000Z';
let directory: string;
let logs: StepLogs;
const opened = (limit?: number): StepLogs =>
  fileStepLogs({ directory, clock, log: silentLog, ...(limit === undefined ? {} : { limit }) });
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'step-logs-'));
  logs = opened();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const { signal } = new AbortController();

describe('logs of steps', () => {
  it('keep lines with their time, and are read from any offset', async () => {
    logs.append(key, 'one\ntwo\r\n');
    logs.append(key, 'three');
    const all = await logs.read(key);
    expect(all).toEqual({ from: 0, text: `${AT} one\n${AT} two\n${AT} three\n`, next: all.text.length });
    const second = await logs.read(key, { from: all.text.indexOf('\n') + 1 });
    expect(second.text).toBe(`${AT} two\n${AT} three\n`);
    expect(await logs.read(key, { from: all.next })).toEqual({ from: all.next, text: '', next: all.next });
  });

  it('go on at the same offsets in the next process', async () => {
    logs.append(key, 'before');
    await logs.end(key);
    const later = opened();
    later.append(key, 'after');
    const { text, next } = await later.read(key);
    expect(text).toBe(`${AT} before\n${AT} after\n`);
    expect(await later.list(key)).toEqual([{ step: key.step, from: 0, next }]);
  });

  it('keep the end when there is too much, and tell from where on', async () => {
    logs = opened(4000);
    for (let line = 0; line < 300; line += 1) {
      logs.append(key, `line ${line}`);
      if (line % 20 === 0) await logs.read(key);
    }
    const { from, text, next } = await logs.read(key);
    expect(from).toBeGreaterThan(0);
    expect(next - from).toBe(text.length);
    expect(text.length).toBeGreaterThan(1500);
    expect(text.length).toBeLessThanOrEqual(4000);
    expect(text.endsWith(`${AT} line 299\n`)).toBe(true);
    expect((await readdir(join(directory, 'demo', 'uid-1'))).length).toBe(2);
  });

  it('lose the oldest lines rather than memory when the disk is too slow', async () => {
    logs = opened(40_000);
    for (let line = 0; line < 10_000; line += 1) logs.append(key, `line ${line}`);
    const { text } = await logs.read(key);
    expect(text).toMatch(/… \d+ lines came faster than they could be kept\n/);
    expect(text.endsWith('line 9999\n')).toBe(true);
  });

  it('break lines that never end, and bear halves of characters', async () => {
    logs.append(key, 'x'.repeat(40_000));
    logs.append(key, '\ud800');
    const { text } = await logs.read(key);
    expect(text.split('\n').map((line) => line.length)).toEqual([16_409, 16_409, 7_257, 26, 0]);
  });

  it('can be followed: what was added, then what is added, until the end', async () => {
    logs.append(key, 'before');
    const seen: string[] = [];
    const following = (async () => {
      for await (const piece of logs.follow(key, { signal })) seen.push(piece.text);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    logs.append(key, 'after');
    await logs.end({ project: 'demo', promotion: 'uid-1' });
    await following;
    expect(seen.join('')).toBe(`${AT} before\n${AT} after\n`);
  });

  it('can be followed from before the first line, and be left', async () => {
    const abort = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const piece of logs.follow(key, { signal: abort.signal })) {
        seen.push(piece.text);
        abort.abort();
      }
    })();
    await new Promise((resolve) => setImmediate(resolve));
    logs.append(key, 'first');
    await following;
    expect(seen).toEqual([`${AT} first\n`]);
  });

  it('go with their promotion', async () => {
    logs.append(key, 'x');
    logs.append({ ...key, step: 'b' }, 'x');
    // Of the whole promotion: the end of one step says nothing about what others have stored.
    await logs.end({ project: key.project, promotion: key.promotion });
    expect((await logs.list(key)).map(({ step }) => step)).toEqual(['b', 'task-1::push']);
    expect(await logs.owners('demo')).toEqual(['uid-1']);
    await logs.remove(key);
    expect(await logs.owners('demo')).toEqual([]);
    expect((await logs.read(key)).text).toBe('');
  });

  it('never leave their folder, whatever the names', async () => {
    const odd = { project: '..', promotion: '../..', step: '/etc/../x.5.log' };
    logs.append(odd, 'x');
    expect((await logs.read(odd)).text).toBe(`${AT} x\n`);
    expect(await readdir(directory)).toEqual(['%2E%2E']);
    expect((await logs.list(odd)).map(({ step }) => step)).toEqual([odd.step]);
  });
});

describe('the log of a step of a promotion', () => {
  const promotion = (phase: string): Promotion =>
    aPromotion([{ uses: 'git-push', as: key.step }, { uses: 'fail' }], { phase: phase as 'Running', stepExecutionMetadata: [] });
  const access = (phase: string): Parameters<typeof promotionStepLog>[1] => ({
    reader: { get: async () => promotion(phase) as never },
    logs,
  });
  const request = { project: 'demo', promotion: 'p', step: key.step, follow: true, signal };

  it('is whole when the promotion has ended, also for those who want to follow', async () => {
    logs.append(key, 'x');
    const pieces = await Array.fromAsync(await promotionStepLog(request, access('Succeeded')));
    expect(pieces.map(({ text }) => text)).toEqual([`${AT} x\n`]);
    expect(await promotionStepLogs(request, access('Succeeded'))).toEqual([{ step: key.step, from: 0, next: pieces[0]?.next }]);
  });

  it('is followed while the step may still say something', async () => {
    logs.append(key, 'x');
    const pieces: string[] = [];
    for await (const { text } of await promotionStepLog(request, access('Running'))) {
      pieces.push(text);
      if (pieces.length === 2) break;
      logs.append(key, 'y');
    }
    expect(pieces).toEqual([`${AT} x\n`, `${AT} y\n`]);
  });

  it('is refused for steps there are not', async () => {
    await expect(promotionStepLog({ ...request, step: 'nope' }, access('Running'))).rejects.toThrow(
      'Promotion p has no step "nope"; its steps are task-1::push, step-2',
    );
  });
});

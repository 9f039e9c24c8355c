import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, VirtualClock } from '@kargo/kube';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LogFiles } from './log-files.ts';

let directory: string;
let files: LogFiles;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logs-'));
  const clock = new VirtualClock('2026-01-01T00:00:00Z');
  files = new LogFiles({ directory, clock, log: silentLog, limit: 10_000, failure: 'lost' });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('a log that is only followed is not one that this process adds to', async () => {
  const abort = new AbortController();
  const next = files.follow(['demo', 'a'], { signal: abort.signal }).next();
  expect(files.isOpen(['demo', 'a'])).toBe(false);
  abort.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(files.isOpen(['demo', 'a'])).toBe(false);
});

it('a log that was removed and begun again stays open when those leave who followed the old one', async () => {
  files.append(['demo', 'a'], 'old');
  await files.read(['demo', 'a']);
  const reader = files.follow(['demo', 'a'], { signal: new AbortController().signal });
  expect((await reader.next()).value?.text).toContain('old');
  await files.remove(['demo']);
  files.append(['demo', 'a'], 'new');
  await reader.return(undefined);
  expect(files.isOpen(['demo', 'a'])).toBe(true);
  await files.end(['demo', 'a']);
  expect(files.isOpen(['demo', 'a'])).toBe(false);
});

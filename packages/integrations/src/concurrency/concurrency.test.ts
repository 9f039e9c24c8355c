import { describe, expect, it } from 'vitest';
import { KeyedMutex } from './mutex.ts';
import { KeyedSemaphore } from './semaphore.ts';
import { SharedRuns } from './shared-runs.ts';

/** An action that ends when told to. */
function gate(): { open: () => void; closed: Promise<void> } {
  let open = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, closed };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a mutex', () => {
  it('keeps the order within a key, goes on after failures, and does not mix keys', async () => {
    const mutex = new KeyedMutex();
    const log: string[] = [];
    const first = gate();
    const runs = [
      mutex.run('a', async () => {
        await first.closed;
        log.push('a1');
        throw new Error('failed');
      }),
      mutex.run('a', async () => log.push('a2')),
      mutex.run('b', async () => log.push('b1')),
    ];
    await settle();
    expect(log).toEqual(['b1']);
    first.open();
    expect((await Promise.allSettled(runs)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(log).toEqual(['b1', 'a1', 'a2']);
  });
});

describe('a semaphore', () => {
  it('lets in only so many at a time, in order', async () => {
    const semaphore = new KeyedSemaphore(2);
    const gates = [gate(), gate(), gate(), gate()];
    const begun: number[] = [];
    const runs = gates.map(({ closed }, index) =>
      semaphore.run('a', async () => {
        begun.push(index);
        await closed;
      }),
    );
    await settle();
    expect(begun).toEqual([0, 1]);
    gates[1]?.open();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(runs);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('lets those who wait go away', async () => {
    const semaphore = new KeyedSemaphore(1);
    const first = gate();
    const running = semaphore.run('a', () => first.closed);
    const abort = new AbortController();
    const waiting = semaphore.run('a', async () => 'never', abort.signal);
    abort.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    first.open();
    await running;
    expect(await semaphore.run('a', async () => 'next')).toBe('next');
  });
});

describe('shared runs', () => {
  it('serve all who asked before they started, and never those who asked later', async () => {
    const gates = [gate(), gate()];
    let started = 0;
    const runs = new SharedRuns(async () => {
      const own = started;
      started += 1;
      await gates[own]?.closed;
      return own;
    });
    const first = [runs.join(), runs.join()];
    await settle();
    const second = [runs.join(), runs.join()];
    for (const { open } of gates) open();
    expect(await Promise.all([...first, ...second])).toEqual([0, 0, 1, 1]);
    expect(started).toBe(2);
  });

  it('stop when nobody waits any more, but not before', async () => {
    let aborted = false;
    const runs = new SharedRuns<string>(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('stopped'));
          });
        }),
    );
    const [one, two] = [new AbortController(), new AbortController()];
    const results = [runs.join(one.signal), runs.join(two.signal)];
    await settle();
    one.abort(new Error('one'));
    await expect(results[0]).rejects.toThrow('one');
    expect(aborted).toBe(false);
    two.abort(new Error('two'));
    await expect(results[1]).rejects.toThrow('two');
    expect(aborted).toBe(true);
  });
});

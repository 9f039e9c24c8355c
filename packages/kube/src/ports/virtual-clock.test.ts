import { expect, it } from 'vitest';
import { nextTurn } from './turn.ts';
import { VirtualClock } from './virtual-clock.ts';

function recording(): { clock: VirtualClock; seen: string[]; at: (ms: number, name: string) => { cancel(): void } } {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  return { clock, seen, at: (ms, name) => clock.setTimer(ms, () => seen.push(`${name}@${clock.now()}`)) };
}

it('fires timers in order of their instants and equal instants in the order they were set', async () => {
  const { clock, seen, at } = recording();
  at(30, 'c');
  at(10, 'a');
  at(30, 'd');
  at(20, 'b');
  await clock.advanceTo(30);
  expect(seen).toEqual(['a@10', 'b@20', 'c@30', 'd@30']);
});

it('lets everything that follows from a timer happen before the next instant', async () => {
  const { clock, seen, at } = recording();
  const sleeper = async (): Promise<void> => {
    await clock.sleep(10);
    await nextTurn();
    await nextTurn();
    seen.push(`woke@${clock.now()}`);
    await clock.sleep(5);
    seen.push(`again@${clock.now()}`);
  };
  const done = sleeper();
  at(11, 'later');
  await clock.advanceBy(20);
  await done;
  expect(seen).toEqual(['woke@10', 'later@11', 'again@15']);
  expect(clock.now()).toBe(20);
});

it('does not fire a cancelled timer, and moves no time without a timer', async () => {
  const { clock, seen, at } = recording();
  at(10, 'x').cancel();
  expect(await clock.runNext()).toBe(false);
  expect(clock.now()).toBe(0);
  expect(seen).toEqual([]);
});

it('fires a timer that is due already without being advanced', async () => {
  const { seen, at } = recording();
  at(-5, 'due');
  expect(seen).toEqual([]);
  await nextTurn();
  await nextTurn();
  expect(seen).toEqual(['due@0']);
});

it('ends a sleep with the reason of the signal', async () => {
  const clock = new VirtualClock(0);
  const controller = new AbortController();
  const sleeping = clock.sleep(1000, { signal: controller.signal });
  controller.abort(new Error('stopped'));
  await expect(sleeping).rejects.toThrow('stopped');
  expect(clock.pending).toBe(0);
  await expect(clock.sleep(1, { signal: controller.signal })).rejects.toThrow('stopped');
});

it('stops at the limit it is given', async () => {
  const { clock, seen, at } = recording();
  at(100, 'x');
  expect(await clock.runNext(99)).toBe(false);
  expect(await clock.runNext(100)).toBe(true);
  expect(seen).toEqual(['x@100']);
});

it('tells whole milliseconds only, and fires no timer early', async () => {
  const { clock, seen, at } = recording();
  at(10.2, 'a');
  await clock.advanceTo(20);
  expect(seen).toEqual(['a@11']);
});

it('fails when something goes round in circles at one instant', async () => {
  const { clock } = recording();
  let more = true;
  const again = (): void => {
    if (more) clock.setTimer(clock.now(), again);
  };
  again();
  await expect(clock.settle()).rejects.toThrow('does not come to rest');
  more = false;
  await clock.settle();
});

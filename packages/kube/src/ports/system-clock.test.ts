import { expect, it } from 'vitest';
import { systemClock } from './system-clock.ts';
import { nextTurn } from './turn.ts';

it('does not fire timers that lie further ahead than setTimeout can count', async () => {
  let fired = false;
  const timer = systemClock.setTimer(systemClock.now() + 2 ** 40, () => {
    fired = true;
  });
  await systemClock.sleep(5);
  await nextTurn();
  timer.cancel();
  expect(fired).toBe(false);
});

it('fires at once what is due, and not what was cancelled', async () => {
  const seen: string[] = [];
  systemClock.setTimer(0, () => seen.push('due'));
  systemClock.setTimer(0, () => seen.push('cancelled')).cancel();
  await systemClock.sleep(5);
  expect(seen).toEqual(['due']);
});

it('ends a sleep with the reason of the signal', async () => {
  const controller = new AbortController();
  const sleeping = systemClock.sleep(60_000, { signal: controller.signal });
  controller.abort(new Error('stopped'));
  await expect(sleeping).rejects.toThrow('stopped');
});

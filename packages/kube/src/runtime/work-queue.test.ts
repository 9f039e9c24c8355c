import { describe, expect, it } from 'vitest';
import { seededRandom } from '../ports/seeded-random.ts';
import { VirtualClock } from '../ports/virtual-clock.ts';
import { Backoff } from './backoff.ts';
import { WorkQueue } from './work-queue.ts';

const key = (name: string): { name: string } => ({ name });

function open(): { queue: WorkQueue; clock: VirtualClock; takeAll: () => string[] } {
  const clock = new VirtualClock(0);
  const queue = new WorkQueue({ clock, onReady: () => undefined });
  const takeAll = (): string[] => {
    const out: string[] = [];
    for (let taken = queue.take(); taken !== undefined; taken = queue.take()) {
      out.push(taken.key.name);
      queue.done(taken.key);
    }
    return out;
  };
  return { queue, clock, takeAll };
}

describe('a work queue', () => {
  it('hands out each key once, first in first out', () => {
    const { queue, takeAll } = open();
    for (const name of ['a', 'b', 'a', 'c', 'b']) queue.add(key(name));
    expect(queue.depth).toBe(3);
    expect(takeAll()).toEqual(['a', 'b', 'c']);
  });

  it('does not hand out a key that is being processed, but gives it back afterwards, behind the others', () => {
    const { queue, takeAll } = open();
    queue.add(key('a'));
    queue.take();
    queue.add(key('a'));
    queue.add(key('b'));
    queue.add(key('a'));
    expect(queue.depth).toBe(1);
    queue.done(key('a'));
    expect(takeAll()).toEqual(['b', 'a']);
    expect(queue.idle).toBe(true);
  });

  it('adds at the exact instant, the earliest asked for', async () => {
    const { queue, clock, takeAll } = open();
    queue.addAt(key('a'), 100);
    queue.addAt(key('a'), 50);
    queue.addAt(key('a'), 70);
    expect(queue.delayedUntil(key('a'))).toBe(50);
    await clock.advanceTo(49);
    expect(takeAll()).toEqual([]);
    await clock.advanceTo(50);
    expect(takeAll()).toEqual(['a']);
    await clock.advanceTo(200);
    expect(takeAll()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('adds at once what is due, and forgets the timer of a key that is taken', async () => {
    const { queue, clock, takeAll } = open();
    queue.addAt(key('a'), 100);
    queue.addAt(key('b'), 0);
    queue.add(key('a'));
    expect(takeAll()).toEqual(['b', 'a']);
    await clock.advanceTo(100);
    expect(takeAll()).toEqual([]);
  });

  it('does nothing once it is closed', () => {
    const { queue, clock, takeAll } = open();
    queue.add(key('a'));
    queue.addAt(key('b'), 100);
    queue.close();
    queue.add(key('c'));
    expect(takeAll()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe('a backoff', () => {
  it('doubles from base to max, between half and all of it, and starts anew when forgotten', () => {
    const backoff = new Backoff({ base: 100, max: 1000 }, seededRandom(1));
    const full = [100, 200, 400, 800, 1000, 1000];
    for (const most of full) {
      const pause = backoff.next('a');
      expect(pause).toBeGreaterThanOrEqual(most / 2);
      expect(pause).toBeLessThanOrEqual(most);
    }
    expect(backoff.failures('a')).toBe(6);
    expect(backoff.failures('b')).toBe(0);
    backoff.forget('a');
    expect(backoff.next('a')).toBeLessThanOrEqual(100);
  });
});

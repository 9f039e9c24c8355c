import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VirtualClock } from '../ports/virtual-clock.ts';
import { WorkQueue } from './work-queue.ts';

type Action =
  | { do: 'add' | 'done'; key: string }
  | { do: 'addAt'; key: string; in: number }
  | { do: 'take' }
  | { do: 'wait'; ms: number };

const key = fc.constantFrom('a', 'b', 'c');
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constantFrom('add' as const, 'done' as const), key }),
  fc.record({ do: fc.constant('addAt' as const), key, in: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ do: fc.constant('take' as const) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30 }) }),
);

it('never hands out a key twice at once, and hands it out after every time it was added', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      const clock = new VirtualClock(0);
      const queue = new WorkQueue({ clock, onReady: () => undefined });
      const taken = new Set<string>();
      /** Keys that were added and not handed out since; for delayed ones, from when on. */
      const owed = new Map<string, number>();
      const take = (): void => {
        const next = queue.take();
        if (next === undefined) return;
        const { name } = next.key;
        expect(taken.has(name)).toBe(false);
        expect(owed.get(name)).toBeLessThanOrEqual(clock.now());
        owed.delete(name);
        taken.add(name);
      };
      for (const each of actions) {
        if (each.do === 'take') take();
        else if (each.do === 'wait') await clock.advanceBy(each.ms);
        else if (each.do === 'done') {
          if (taken.delete(each.key)) queue.done({ name: each.key });
        } else {
          const at = clock.now() + (each.do === 'addAt' ? each.in : 0);
          if (each.do === 'add') queue.add({ name: each.key });
          else queue.addAt({ name: each.key }, at);
          owed.set(each.key, Math.min(at, owed.get(each.key) ?? Infinity));
        }
      }
      // In the end everything that is owed comes, and nothing else.
      for (let round = 0; round < 10; round++) {
        for (const name of taken) queue.done({ name });
        taken.clear();
        await clock.advanceBy(100);
        while (queue.depth > 0) take();
      }
      expect([...owed.keys()]).toEqual([]);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 200 },
  );
});

import { VirtualClock } from '@kargo/kube';
import { expect, it } from 'vitest';
import { releaseStartMemory } from './start-memory.ts';

const START = '2026-01-01T00:00:00Z';

/** What nothing but the returned reference leads to. */
function garbage(): WeakRef<object> {
  return new WeakRef({ room: 'taken'.repeat(1000) });
}

it('lets go of what nobody needs once everything has started, and leaves no collector behind', async () => {
  const clock = new VirtualClock(START);
  const taken = garbage();
  releaseStartMemory(clock);
  await clock.advanceBy(60_000);
  expect(taken.deref()).toBeUndefined();
  expect('gc' in globalThis).toBe(false);
});

it('does nothing once it was called off, whenever that is', async () => {
  for (const after of [0, 5000]) {
    const clock = new VirtualClock(START);
    const cancel = releaseStartMemory(clock);
    await clock.advanceBy(after);
    cancel();
    expect(clock.pending).toBe(0);
  }
});

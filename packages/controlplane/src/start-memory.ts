import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '@kargo/kube';

/** How long after the start everything that starts has started, in milliseconds. */
const SETTLED = 1500;
/** How long the engine waits after it collected garbage until it looks whether there is more, in milliseconds, and some more for a busy machine. */
const LOOKED_AGAIN = 20_000;

/**
 * Has the engine not look by itself for what the start left behind, until {@link releaseStartMemory} has. To be called before anything else is
 * loaded: the engine aborts the process if it is told so when it has begun to look, which it does 8 s after it first collected garbage.
 */
export function holdStartMemory(): void {
  setFlagsFromString('--memory-reducer-gc-count=0');
}

/**
 * Gives back what the start took and nobody needs any more, a while after it: the engine keeps the room that loading the program made it
 * take until there is a reason to look, and idle programs give none. Takes some 100 ms, once, instead of as much twice a while later, when
 * the engine would look again by itself: this once it need not, as nothing is left. Returns what calls it off.
 */
export function releaseStartMemory(clock: Clock): () => void {
  let timer = clock.setTimer(clock.now() + SETTLED, () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;
    setFlagsFromString('--no-expose-gc');
    // Of the flavors only this one hands emptied pages back to the system.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    timer = clock.setTimer(clock.now() + LOOKED_AGAIN, () => setFlagsFromString('--memory-reducer-gc-count=2'));
  });
  return () => {
    timer.cancel();
  };
}

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '@kargo/kube';

/** How long after the start everything that starts has started, in milliseconds. */
const SETTLED = 1500;

/**
 * Gives back what the start took and nobody needs any more, a while after it: the engine keeps the room that loading the program made it
 * take until there is a reason to look, and idle programs give none. Takes some 50 ms, once. Returns what calls it off.
 */
export function releaseStartMemory(clock: Clock): () => void {
  const timer = clock.setTimer(clock.now() + SETTLED, () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as (options: { type: 'major'; execution: 'sync' }) => void;
    setFlagsFromString('--no-expose-gc');
    collect({ type: 'major', execution: 'sync' });
  });
  return () => {
    timer.cancel();
  };
}

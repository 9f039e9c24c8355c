import { useState } from 'react';
import type { Path } from './path.ts';
import type { Manifest } from './use-manifest.ts';

interface Keys {
  keys: readonly number[];
  next: number;
}

/**
 * The items of a list in a manifest that have nothing of their own to be told apart by. Each has a key, which goes where the item is moved
 * and is gone with it, so that what a form keeps of one never shows in another. Of what changes in the text, only the number is known.
 */
export function useItems(
  manifest: Manifest,
  list: Path,
  count: number,
): { keys: readonly number[]; remove: (index: number) => void; moveUp: (index: number) => void } {
  const [state, setState] = useState<Keys>({ keys: [], next: 0 });
  const current = fitted(state, count);
  if (current !== state) setState(current);
  const { keys, next } = current;
  return {
    keys,
    remove: (index) => {
      // An empty list says no more than none.
      manifest.edit(count === 1 ? list : [...list, index], undefined);
      setState({ keys: keys.toSpliced(index, 1), next });
    },
    moveUp: (index) => {
      manifest.move(list, index, index - 1);
      setState({ keys: keys.toSpliced(index - 1, 2, ...keys.slice(index - 1, index + 1).toReversed()), next });
    },
  };
}

function fitted(state: Keys, count: number): Keys {
  const { keys, next } = state;
  if (keys.length === count) return state;
  const missing = Math.max(0, count - keys.length);
  return {
    keys: [...keys.slice(0, count), ...Array.from({ length: missing }, (_, index) => next + index)],
    next: next + missing,
  };
}

import { useEffect, useState } from 'react';

/** Milliseconds for which it is said that something was copied. */
const SAID_FOR = 2_000;

/** Copies text. `copied`: just now. `copy` says whether it could: browsers have no clipboard on plain HTTP, or may be told not to give it. */
export function useCopy(): { copied: boolean; copy: (text: string) => Promise<boolean> } {
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (count === 0) return undefined;
    const timer = setTimeout(() => setCount(0), SAID_FOR);
    return () => clearTimeout(timer);
  }, [count]);
  const copy = async (text: string): Promise<boolean> => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return false;
    }
    setCount((before) => before + 1);
    return true;
  };
  return { copied: count > 0, copy };
}

import { useCallback, useState } from 'react';

const KEY = 'starred-projects';

/** Projects that somebody has given a star in this browser, by uid. */
export function useStars(): { stars: ReadonlySet<string>; toggle: (uid: string) => void } {
  const [stars, setStars] = useState<ReadonlySet<string>>(read);
  const toggle = useCallback((uid: string) => {
    const next = new Set(read());
    if (!next.delete(uid)) next.add(uid);
    localStorage.setItem(KEY, JSON.stringify([...next]));
    setStars(next);
  }, []);
  return { stars, toggle };
}

function read(): ReadonlySet<string> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return new Set(Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []);
  } catch {
    return new Set(); // Somebody else wrote there.
  }
}

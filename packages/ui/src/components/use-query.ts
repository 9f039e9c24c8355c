import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

type Changes = Readonly<Record<string, string | undefined>>;

/**
 * What the address says behind its `?`, and how to change some of it: undefined or nothing takes a name away. The rest stays as it is then,
 * not as it was when this was drawn: choices may follow each other quickly. With `replace`, going back does not lead through it.
 */
export function useQuery(): [URLSearchParams, (changes: Changes, options?: { replace?: boolean }) => void] {
  const [query, setQuery] = useSearchParams();
  const change = useCallback(
    (changes: Changes, options?: { replace?: boolean }): void => {
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(changes))
        if (value === undefined || value === '') next.delete(name);
        else next.set(name, value);
      setQuery(next, options);
    },
    [setQuery],
  );
  return [query, change];
}

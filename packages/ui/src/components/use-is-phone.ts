import { useSyncExternalStore } from 'react';

const PHONE = '(max-width: 640px)';

/** Whether there is only the room of a phone. */
export function useIsPhone(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(PHONE);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => matchMedia(PHONE).matches,
  );
}

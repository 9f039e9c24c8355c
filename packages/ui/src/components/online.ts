import { createContext, use } from 'react';

/** False while what is shown may be old: nothing should be done on the ground of it. */
export const OnlineContext = createContext(true);

export function useOnline(): boolean {
  return use(OnlineContext);
}

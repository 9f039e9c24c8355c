/** What the data layer needs of a browser. */
import type { StoreEnvironment } from './data/project-store.ts';

/** Time, frames and attention of the window. */
export const browserEnvironment: Omit<StoreEnvironment, 'follow'> = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  // Hidden pages are never painted.
  frame: (call) => {
    if (document.hidden) setTimeout(call, 100);
    else requestAnimationFrame(call);
  },
  isSeen: () => !document.hidden,
  onAttention: (call) => {
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener('visibilitychange', call, { signal });
    window.addEventListener('online', call, { signal });
    return () => stop.abort();
  },
};

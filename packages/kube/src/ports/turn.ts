/** Resolves in the next turn of the event loop, after everything that is ready now. Says nothing about time. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Whether callbacks of this thread wait for a turn of the event loop, or for the file system. Promises that wait for those are on their
 * way; promises that wait for timers, sockets or processes are not seen.
 */
export function hasPendingTurns(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource === 'Immediate' || resource.startsWith('FSReq'));
}

/** Whether callbacks of this thread wait for the file system. */
export function hasPendingFiles(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'));
}

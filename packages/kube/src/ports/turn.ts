/** Resolves in the next turn of the event loop, after everything that is ready now. Says nothing about time. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

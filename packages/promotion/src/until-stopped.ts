/** What `work` comes to; or absent, if it was told to stop and did not within the time that `patience` takes. */
export async function untilStopped<T>(
  work: Promise<T>,
  signal: AbortSignal,
  patience: () => Promise<void>,
): Promise<T | undefined> {
  const stopped = Promise.withResolvers<void>();
  const onAbort = (): void => stopped.resolve();
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const gaveUp = stopped.promise.then(patience).then(() => undefined);
    return await Promise.race([work, gaveUp]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Lets synchronous evaluation use what has to be fetched: whoever needs it throws a {@link Suspend}, the driver fetches it and evaluates
 * again, this time finding it. Each thing is fetched once per evaluation.
 */
class Suspend extends Error {
  override readonly name = 'Suspend';
  readonly key: string;
  readonly load: () => Promise<unknown>;

  constructor(key: string, load: () => Promise<unknown>) {
    super(`waiting for ${key}`);
    this.key = key;
    this.load = load;
  }
}

/** Gives what `load` fetches. `key` names it: equal keys are fetched once. Fails as `load` does. */
export type Fetch = <T>(key: string, load: () => Promise<T>) => T;

/** Runs `evaluate` until it needs nothing more that has to be fetched. */
export async function evaluateWithFetching<T>(evaluate: (fetch: Fetch) => T): Promise<T> {
  const fetched = new Map<string, { value: unknown } | { error: unknown }>();
  const fetch = <V>(key: string, load: () => Promise<V>): V => {
    const known = fetched.get(key);
    if (known === undefined) throw new Suspend(key, load);
    if ('error' in known) throw known.error;
    return known.value as V;
  };
  for (;;) {
    try {
      return evaluate(fetch);
    } catch (error) {
      const suspend = suspendIn(error);
      if (suspend === undefined || fetched.has(suspend.key)) throw error;
      fetched.set(suspend.key, await settle(suspend.load));
    }
  }
}

/** Whether evaluation stopped only to fetch something; such an error has to be passed on as it is. */
export function isSuspension(error: unknown): boolean {
  return suspendIn(error) !== undefined;
}

function suspendIn(error: unknown): Suspend | undefined {
  for (let current = error; current instanceof Error; current = current.cause) if (current instanceof Suspend) return current;
  return undefined;
}

async function settle(load: () => Promise<unknown>): Promise<{ value: unknown } | { error: unknown }> {
  try {
    return { value: await load() };
  } catch (error) {
    return { error };
  }
}

/** Does something with the content of a file; what it throws is reported with the path. */
export function about<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) throw new Error(`${path}: its content is nested too deeply`, { cause: error });
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

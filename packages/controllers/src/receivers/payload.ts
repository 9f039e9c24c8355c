/** Reading what others sent: nothing is taken to be there or of the right type. */

export type Payload = Readonly<Record<string, unknown>>;

/** The body as a JSON object; undefined for anything else. */
export function payloadOf(body: Buffer): Payload | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    // Not JSON: the sender is told so.
    return undefined;
  }
}

/** What is at a path, through own properties only. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (!isObject(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** A text at a path; undefined if there is none, or an empty one. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** A number at a path. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** A list at a path; empty if there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The texts of a list at a path. */
export function textsAt(value: unknown, ...path: readonly string[]): string[] {
  return listAt(value, ...path).filter((each): each is string => typeof each === 'string' && each !== '');
}

/** The texts among some values. */
export function texts(...values: readonly (string | undefined)[]): string[] {
  return values.filter((each): each is string => each !== undefined);
}

function isObject(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deliveries as they may be kept: without what could let somebody in. */
import type { Delivery } from './delivery.ts';

/** Largest body that is kept, in bytes. Larger ones are noted without it. */
export const MAX_KEPT_BODY = 256 * 1024;
const REPLACED = '(removed)';
/** Deeper levels of a body are not searched; a body that has them is not kept. */
const MAX_DEPTH = 64;
const SECRET_NAME =
  /secret|token|passw|credential|signature|authoriz|cookie|private|api[-_]?key|access[-_]?key|(^|[-_])auth($|[-_])/i;
/** Headers that say where a delivery came through, which is of no use to anybody here. */
const NOISE = new Set(['host', 'connection', 'content-length', 'accept', 'accept-encoding', 'transfer-encoding', 'expect']);
const MAX_FIELDS = 64;
const MAX_FIELD = 2048;

/** What is kept of a delivery. */
export interface KeptDelivery {
  headers: Record<string, string>;
  query: Record<string, string>;
  /** Absent if it was too large, not UTF-8, or too deeply nested. */
  body?: string | undefined;
  bodySize: number;
  /** Names of what was left out or replaced. */
  removed: string[];
}

/** What may be kept of a delivery. `secrets` are replaced wherever they occur. */
export function redactDelivery({ headers, query, body }: Delivery, secrets: readonly string[]): KeptDelivery {
  const removed = new Set<string>();
  const hide = (text: string): string =>
    secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, REPLACED)), text);
  const fields = (from: Readonly<Record<string, string>>, what: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(from)
        .filter(([name]) => {
          if (!SECRET_NAME.test(name)) return !NOISE.has(name);
          removed.add(`${what} ${name.slice(0, MAX_FIELD)}`);
          return false;
        })
        .slice(0, MAX_FIELDS)
        .map(([name, value]) => [name.slice(0, MAX_FIELD), hide(value.slice(0, MAX_FIELD))]),
    );
  const kept = { headers: fields(headers, 'header'), query: fields(query, 'parameter'), bodySize: body.length };
  const text = keptBody(body, hide, removed);
  return { ...kept, ...(text === undefined ? {} : { body: text }), removed: [...removed].slice(0, MAX_FIELDS) };
}

function keptBody(body: Buffer, hide: (text: string) => string, removed: Set<string>): string | undefined {
  if (body.length > MAX_KEPT_BODY) return undefined;
  const text = body.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(body)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON: no names tell what is in it, so nothing of it is kept.
    return text === '' ? '' : undefined;
  }
  const before = removed.size;
  const clean = cleaned(value, removed, 0);
  if (clean === TOO_DEEP) return undefined;
  // What held nothing to hide is kept as it came, to the byte.
  return hide(removed.size === before ? text : JSON.stringify(clean));
}

const TOO_DEEP = Symbol('too deep');

function cleaned(value: unknown, removed: Set<string>, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(value)) {
    const items = value.map((item) => cleaned(item, removed, depth + 1));
    return items.includes(TOO_DEEP) ? TOO_DEEP : items;
  }
  const entries = Object.entries(value).map(([name, field]): [string, unknown] => {
    if (!SECRET_NAME.test(name) || field === null || typeof field === 'boolean')
      return [name, cleaned(field, removed, depth + 1)];
    removed.add(`field ${name.slice(0, MAX_FIELD)}`);
    return [name, REPLACED];
  });
  return entries.some(([, field]) => field === TOO_DEEP) ? TOO_DEEP : Object.fromEntries(entries);
}

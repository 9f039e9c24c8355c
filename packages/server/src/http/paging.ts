import type { FastifyRequest } from 'fastify';
import { badRequest } from './http-error.ts';
import { queryText } from './query.ts';

/** Most objects of one page. */
export const MAX_PAGE = 1000;

/** A page that a caller asks for: at most `limit`, after the one that `after` names. */
export interface PageRequest {
  limit: number;
  after: string | undefined;
}

/** The page of `limit` and `continue`; undefined if the caller wants everything. Fails with 400 for what is no page. */
export function pageRequest(request: FastifyRequest): PageRequest | undefined {
  const text = queryText(request, 'limit');
  const token = queryText(request, 'continue');
  if (text === undefined && token === undefined) return undefined;
  if (text !== undefined && !/^\d{1,9}$/.test(text))
    throw badRequest(`limit must be a whole number from 1 to ${MAX_PAGE}; found ${JSON.stringify(text)}`);
  const limit = Math.min(text === undefined ? MAX_PAGE : Number(text), MAX_PAGE);
  if (limit === 0 && token === undefined) return undefined;
  return { limit: limit === 0 ? MAX_PAGE : limit, after: token === undefined ? undefined : afterIn(token) };
}

/** What a caller gives as `continue` to have the page after `last`. */
export function continueToken(last: string): string {
  return Buffer.from(JSON.stringify({ after: last })).toString('base64url');
}

function afterIn(token: string): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof value === 'object' && value !== null && 'after' in value && typeof value.after === 'string') return value.after;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badRequest('continue must be what the page before said it to be');
}

/** The page of sorted items whose sort key is `keyOf`; keys compare as texts. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { limit, after }: PageRequest,
): { page: readonly T[]; rest: number; next: string | undefined } {
  let start = 0;
  if (after !== undefined) {
    let end = items.length;
    while (start < end) {
      const middle = (start + end) >>> 1;
      const item = items[middle] as T;
      if (keyOf(item) <= after) start = middle + 1;
      else end = middle;
    }
  }
  const page = items.slice(start, start + limit);
  const rest = items.length - start - page.length;
  const last = page.at(-1);
  return { page, rest, next: rest > 0 && last !== undefined ? continueToken(keyOf(last)) : undefined };
}

import type { Http, HttpRequest } from '@kargo/integrations';
import type { PreviewEffect } from './document.ts';

/** Methods that, by the rules of HTTP, change nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Headers whose values are no secrets. */
const SHOWN: ReadonlySet<string> = new Set(['accept', 'content-type', 'content-length', 'user-agent', 'idempotency-key']);
/** Characters of a body that are kept. */
const MAX_BODY = 16 * 1024;

/** Whether requests of this method change nothing. */
export function isSafeMethod(method: string): boolean {
  return SAFE.has(method.toUpperCase());
}

/** What a preview's HTTP fails with where the answer to a request would decide: the request was not made. */
export class AnswerUnknown extends Error {
  override readonly name = 'AnswerUnknown';
}

/** HTTP that only reads: requests of other methods are recorded, and fail with {@link AnswerUnknown}, as nobody knows the answer. */
export function recordingRequests(http: Http, record: (effect: Extract<PreviewEffect, { kind: 'http' }>) => void): Http {
  return {
    async send(request) {
      if (isSafeMethod(request.method)) return http.send(request);
      record({
        kind: 'http',
        method: request.method.toUpperCase(),
        url: shownURL(request.url),
        headers: shownHeaders(request.headers ?? {}),
        ...bodyOf(request),
      });
      throw new AnswerUnknown(`the answer to ${request.method} ${shownURL(request.url)} is known only when it has been sent`);
    },
  };
}

function bodyOf({ body, ...rest }: HttpRequest): { body?: string; size: number } {
  if (body === undefined) {
    // Bodies that come from files are not read for this.
    const { bodyFrom } = rest as { bodyFrom?: { size: number } };
    return { size: bodyFrom?.size ?? 0 };
  }
  if (typeof body !== 'string') return { size: body.byteLength };
  return { body, size: Buffer.byteLength(body) };
}

/** A text cut off after so many characters; only for texts that have been freed of secrets. */
export function bounded(text: string, limit: number = MAX_BODY): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}\n… (${text.length - limit} more characters)`;
}

function shownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, SHOWN.has(name.toLowerCase()) ? value : '*****']),
  );
}

function shownURL(address: string): string {
  if (!URL.canParse(address)) return '(unreadable URL)';
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

import type { ServerResponse } from 'node:http';
import type { ApiError } from '@kargo/api';

/** Sends JSON text. */
export function sendText(response: ServerResponse, status: number, text: string, type = 'application/json'): void {
  // Short text goes out with the headers in one piece.
  if (text.length > SHORT) sendBytes(response, status, Buffer.from(text), type);
  else response.writeHead(status, headersOf(Buffer.byteLength(text), type)).end(text);
}

/** Shorter than what a connection takes without waiting for its reader, in any encoding. */
const SHORT = 5000;

function headersOf(length: number, type: string): Record<string, string | number> {
  return { 'content-type': type, 'content-length': length, 'cache-control': 'no-cache, private' };
}

/** How long who asked may take to read an answer without taking any of it, in milliseconds. */
const READ_TIMEOUT = 60_000;

export function sendBytes(response: ServerResponse, status: number, body: Buffer, type: string): void {
  // The answer is kept until it is read: who does not read it must not have it kept for ever.
  if (body.length > response.writableHighWaterMark)
    response.setTimeout(READ_TIMEOUT, () => {
      response.destroy();
    });
  response.writeHead(status, headersOf(body.length, type)).end(body);
}

export function sendJSON(response: ServerResponse, status: number, value: object, type?: string): void {
  sendText(response, status, JSON.stringify(value), type);
}

/** Sends the `Status` of a failure. */
export function sendError(response: ServerResponse, error: ApiError): void {
  const seconds = error.details?.retryAfterSeconds;
  if (seconds !== undefined) response.setHeader('retry-after', String(seconds));
  if (error.reason === 'Unauthorized') response.setHeader('www-authenticate', 'Bearer');
  sendJSON(response, error.code, error.toStatus());
}

/** Adds a warning that kubectl shows. Must be called before the response starts. */
export function addWarning(response: ServerResponse, text: string): void {
  const safe = text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, String.raw`\$&`);
  response.appendHeader('warning', `299 - "${safe}"`);
}

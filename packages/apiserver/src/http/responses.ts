import type { ServerResponse } from 'node:http';
import type { ApiError } from '@kargo/api';

/** Sends JSON text. */
export function sendText(response: ServerResponse, status: number, text: string, type = 'application/json'): void {
  const body = Buffer.from(text);
  response.writeHead(status, { 'content-type': type, 'content-length': body.length, 'cache-control': 'no-cache, private' });
  response.end(body);
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

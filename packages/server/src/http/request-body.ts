import type { FastifyRequest } from 'fastify';
import { badRequest } from './http-error.ts';

/** The body as text; empty if there was none. */
export function textBody(request: FastifyRequest): string {
  return typeof request.body === 'string' ? request.body : '';
}

/** The body as a JSON object; fails with 400 for anything else. An empty body is an empty object. */
export function jsonBody(request: FastifyRequest): Record<string, unknown> {
  const text = textBody(request);
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badRequest(`the request body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('the request body must be a JSON object');
  return value as Record<string, unknown>;
}

/** A text field of a body: empty counts as absent. Fails with 400 for another type. */
export function textField(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw badRequest(`${name} must be a string`);
  return value;
}

import type { FastifyRequest } from 'fastify';

function raw(request: FastifyRequest, name: string): readonly string[] {
  const value = (request.query as Record<string, unknown>)[name];
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** A query parameter; empty counts as absent. */
export function queryText(request: FastifyRequest, name: string): string | undefined {
  const [value] = raw(request, name);
  return value === '' ? undefined : value;
}

/** Values of a parameter that is repeated or joined by commas: clients do either. */
export function queryList(request: FastifyRequest, name: string): readonly string[] {
  return raw(request, name).flatMap((value) => value.split(',').filter((each) => each !== ''));
}

export function queryFlag(request: FastifyRequest, name: string): boolean {
  return queryText(request, name) === 'true';
}

/** A number; 0 for what is none. */
export function queryNumber(request: FastifyRequest, name: string): number {
  const value = Number.parseInt(queryText(request, name) ?? '', 10);
  return Number.isNaN(value) || value < 0 ? 0 : value;
}

/** A path parameter. */
export function param(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] ?? '';
}

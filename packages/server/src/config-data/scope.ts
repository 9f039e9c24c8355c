import type { FastifyRequest } from 'fastify';
import { param } from '../http/query.ts';
import type { RestServerConfig } from '../options.ts';

/** Whose config maps and credentials: those of a Project, of all Projects, or of the system. */
export interface Scope {
  /** Path before the resource. */
  prefix: '' | '/shared' | '/system';
  namespaceOf(request: FastifyRequest): string;
}

export const projectScope: Scope = { prefix: '', namespaceOf: (request) => param(request, 'project') };
export const sharedScope = ({ namespaces }: RestServerConfig): Scope => ({
  prefix: '/shared',
  namespaceOf: () => namespaces.shared,
});
export const systemScope = ({ namespaces }: RestServerConfig): Scope => ({
  prefix: '/system',
  namespaceOf: () => namespaces.system,
});

import { ulidGenerator, type KubeObject } from '@kargo/api';
import type { Clock, Random } from '@kargo/kube';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { actorOf } from '../auth/identity.ts';
import type { Operation } from '../operations/operation.ts';
import type { AuditedObject, AuditEntry, AuditTrail } from './audit-trail.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Objects that the request turned out to be about. */
    audited: AuditedObject[] | undefined;
    /** Why the request was refused or failed, as the caller was told. */
    refusal: string | undefined;
    /** Whether the request turned out to change nothing, whatever its method. */
    isQuestion: boolean;
  }
}

/** Notes that a request changes nothing, so that it is written down only if it is refused. */
export function noteQuestion(request: FastifyRequest): void {
  request.isQuestion = true;
}

/** Notes an object that a request made or changed, for the audit trail. */
export function noteObject(request: FastifyRequest, object: KubeObject, outcome?: string): void {
  const { kind, metadata } = object;
  (request.audited ??= []).push({
    kind,
    namespace: metadata.namespace,
    name: metadata.name,
    ...(outcome === undefined ? {} : { outcome }),
  });
}

const LONGEST_ERROR = 1000;

/** Writes down every request that is more than a question, and every one that was refused; none that was one too many. */
export function auditRequests(
  server: FastifyInstance,
  trail: AuditTrail,
  { clock, random, prefix }: { clock: Clock; random: Random; prefix: string },
): void {
  const ulid = ulidGenerator({ now: () => clock.now(), random: random.next });
  server.decorateRequest('audited', undefined);
  server.decorateRequest('refusal', undefined);
  server.decorateRequest('isQuestion', false);
  server.addHook('onResponse', async (request, reply) => {
    if (!request.url.startsWith(`${prefix}/`)) return;
    const { statusCode } = reply;
    // Turned away unread: written down, they would let anybody push everything else out of the trail.
    if (statusCode === 429) return;
    const refused = statusCode === 401 || statusCode === 403;
    if ((request.method === 'GET' || request.isQuestion) && !refused) return;
    const params = (request.params ?? {}) as Record<string, string>;
    const operation = request.routeOptions.config?.operation;
    const objects = request.audited ?? objectIn(params, operation);
    const entry: AuditEntry = {
      id: ulid(),
      time: new Date(clock.now()).toISOString(),
      requestId: request.id,
      actor: request.identity === undefined ? 'anonymous' : actorOf(request.identity),
      identity: request.identity?.kind ?? 'anonymous',
      via: 'rest',
      operation: operation?.id ?? 'Unknown',
      method: request.method,
      path: (request.url.split('?', 1)[0] ?? '').slice(0, 2048),
      project: params['project'] ?? projectOf(objects),
      objects,
      source: { address: request.ip, userAgent: request.headers['user-agent']?.slice(0, 256) },
      result: refused ? 'refused' : statusCode >= 400 ? 'failed' : 'done',
      status: statusCode,
      error: request.refusal?.slice(0, LONGEST_ERROR),
      milliseconds: Math.round(reply.elapsedTime),
    };
    trail.append(entry);
  });
}

/** The Project that all objects of a request belong to, where its path names none. */
function projectOf(objects: readonly AuditedObject[]): string | undefined {
  const projects = new Set(objects.map(({ kind, namespace, name }) => (kind === 'Project' ? name : namespace)));
  return projects.size === 1 ? [...projects][0] : undefined;
}

/** The object that the path names. */
function objectIn(params: Record<string, string>, operation: Operation | undefined): AuditedObject[] {
  const { project, ...others } = params;
  const kind = operation?.kind;
  if (kind === undefined) return [];
  const name = Object.values(others).at(-1) ?? (kind === 'Project' ? project : undefined);
  return [{ kind, ...(kind === 'Project' || project === undefined ? {} : { namespace: project }), name }];
}

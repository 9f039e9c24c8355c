import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { AuditEntry, AuditQuery } from '../audit/audit-trail.ts';
import { badRequest } from '../http/http-error.ts';
import { continueToken, pageRequest } from '../http/paging.ts';
import { param, queryText } from '../http/query.ts';
import type { Routes } from '../route.ts';
import type { Services } from '../services.ts';

const AUDIT_LOGS = { group: 'kargo.akuity.io', plural: 'auditlogs' };
const PAGE = 100;
const RESULTS = ['done', 'refused', 'failed'] as const;

/** Who did what in all Projects and in the system. */
export const systemAuditRoutes: Routes = (server, services) => {
  server.get('/system/audit-log', async (request) => {
    await services.require(request, 'list', AUDIT_LOGS, {});
    return page(services, request, queryText(request, 'project'));
  });

  server.get('/system/audit-log/export', async (request, reply) => {
    await services.require(request, 'list', AUDIT_LOGS, {});
    return exported(services, request, reply, queryText(request, 'project'));
  });
};

/** Who did what in one Project. */
export const projectAuditRoutes: Routes = (server, services) => {
  server.get('/audit-log', async (request) => {
    const project = param(request, 'project');
    await services.require(request, 'list', AUDIT_LOGS, { namespace: project });
    return page(services, request, project);
  });

  server.get('/audit-log/export', async (request, reply) => {
    const project = param(request, 'project');
    await services.require(request, 'list', AUDIT_LOGS, { namespace: project });
    return exported(services, request, reply, project);
  });
};

async function page({ config }: Services, request: FastifyRequest, project: string | undefined): Promise<object> {
  const { limit, after } = pageRequest(request) ?? { limit: PAGE, after: undefined };
  const items: AuditEntry[] = [];
  for await (const entry of config.audit.read({ ...queryIn(request, project), before: after })) {
    if (items.length === limit) return { items, continue: continueToken(items.at(-1)?.id ?? '') };
    items.push(entry);
  }
  return { items };
}

function exported({ config }: Services, request: FastifyRequest, reply: FastifyReply, project: string | undefined): FastifyReply {
  const query = queryIn(request, project);
  async function* lines(): AsyncGenerator<string> {
    for await (const entry of config.audit.read(query)) yield `${JSON.stringify(entry)}\n`;
  }
  return reply
    .type('application/x-ndjson')
    .header('content-disposition', 'attachment; filename="kargo-audit-log.jsonl"')
    .send(Readable.from(lines()));
}

function queryIn(request: FastifyRequest, project: string | undefined): AuditQuery {
  const result = queryText(request, 'result');
  if (result !== undefined && !RESULTS.includes(result as (typeof RESULTS)[number]))
    throw badRequest(`result ${JSON.stringify(result)} is not one of ${RESULTS.join(', ')}`);
  return {
    project,
    actor: queryText(request, 'actor'),
    operation: queryText(request, 'operation'),
    kind: queryText(request, 'kind'),
    name: queryText(request, 'name'),
    result: result as AuditEntry['result'] | undefined,
    since: timeIn(request, 'since'),
    until: timeIn(request, 'until'),
  };
}

function timeIn(request: FastifyRequest, name: string): number | undefined {
  const text = queryText(request, name);
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw badRequest(`${name} must be a time such as 2026-01-31T12:00:00Z; found ${JSON.stringify(text)}`);
  return at;
}

/** The REST API. */
export { createRestServer } from './rest-server.ts';
export type { AuthOptions, RestMetrics, RestServerOptions, ServerVersion } from './options.ts';
export type * from './audit/audit-trail.ts';
export { matchesAudit, memoryAuditTrail } from './audit/audit-trail.ts';
export { openApiDocument } from './operations/open-api.ts';
export { operations } from './operations/table.ts';
export type { Operation, Operations } from './operations/operation.ts';

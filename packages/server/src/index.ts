/** The REST API. */
export { createRestServer } from './rest-server.ts';
export type { AuthOptions, RestMetrics, RestServerOptions, ServerVersion } from './options.ts';
export type * from './audit/audit-trail.ts';
export { matchesAudit, memoryAuditTrail } from './audit/audit-trail.ts';
export { normalBasePath } from './http/base-path.ts';
export { openApiDocument } from './operations/open-api.ts';
export { operations } from './operations/table.ts';
export type { Operation, Operations } from './operations/operation.ts';
export { boundedAuditTrail } from './audit/bounded-audit-trail.ts';
export { fileAuditTrail, type FileAuditTrailOptions } from './audit/file-audit-trail.ts';
export { sharedAuditTrail, type SharedAuditTrailOptions } from './audit/shared-audit-trail.ts';
export { createMetrics, type DomainMetrics, type Metrics } from './observe/metrics.ts';
export { observeDomain, type ObserveDomainOptions } from './observe/observe-domain.ts';
export { freightTrace, traceFreight, type FreightTracesOptions } from './observe/freight-traces.ts';
export type { RunLogSource } from './analysis/run-log-source.ts';
export type { OidcOptions } from './auth/oidc.ts';
export type { RateLimitOptions } from './http/rate-limit.ts';
export type { CorsOptions } from './http/cors.ts';

/** The embedded Kubernetes API. */
export { openApiServer, SYSTEM_ADMIN } from './api-server.ts';
export type { ApiServer, ApiServerOptions } from './api-server.ts';
export type { Migration } from './migration/migrate-stored.ts';
export { StoreOpenError } from './store/sqlite-errors.ts';
export { checkDatabase, copyStoredDatabase, encryptDatabase } from './store/check-database.ts';
export type { SealingKey } from './store/sealing.ts';
export type { Authenticate } from './http/handler.ts';
export { mastersOnly } from './http/authorization.ts';
export { schemaCache } from './schema/schemas.ts';
export { validationContext } from './schema/context.ts';
export { certificateUser } from './http/client-certificate.ts';
export type { ServiceAddress } from './webhooks/webhook-admission.ts';

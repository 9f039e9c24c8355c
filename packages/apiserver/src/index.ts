/** The embedded Kubernetes API. */
export { openApiServer, SYSTEM_ADMIN } from './api-server.ts';
export type { ApiServer, ApiServerOptions } from './api-server.ts';
export type { Authenticate } from './http/handler.ts';
export { mastersOnly } from './http/authorization.ts';

/** The REST API. */
export { createRestServer } from './rest-server.ts';
export type { AuthOptions, RestServerOptions, ServerVersion } from './options.ts';

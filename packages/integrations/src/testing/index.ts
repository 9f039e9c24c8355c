/** Test servers and simulated ports. */
export type { SeedCommit } from './fast-import.ts';
export * from './git-server.ts';
export * from './http-fixture.ts';

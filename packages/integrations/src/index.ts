/** The outside as ports, each with a real, a recording and a simulated implementation. */
export type * from './credentials.ts';
export * from './git/git-error.ts';
export type * from './git/port.ts';
export * from './http/http-error.ts';
export type * from './http/port.ts';
export * from './port-error.ts';
export type * from './process/port.ts';
export * from './process/process-error.ts';
export * from './process/real-processes.ts';
export * from './process/redaction.ts';
export type * from './registry/port.ts';
export * from './registry/registry-error.ts';
export type * from './rendering/port.ts';
export * from './rendering/render-error.ts';
export type * from './workspace/port.ts';
export * from './workspace/real-workspaces.ts';
export * from './workspace/secure-join.ts';
export * from './workspace/workspace-error.ts';

/** The outside as ports, each with a real, a recording and a simulated implementation. */
export type * from './credentials.ts';
export type * from './git/port.ts';
export type * from './http/port.ts';
export type * from './process/port.ts';
export type * from './registry/port.ts';
export type * from './rendering/port.ts';
export type * from './workspace/port.ts';

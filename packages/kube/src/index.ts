/** The client port, the controller runtime and the ports of time, randomness and logging. */
export * from './admission.ts';
export * from './client/client.ts';
export * from './objects/clone.ts';
export * from './objects/deep-freeze.ts';
export * from './objects/equal.ts';
export * from './objects/merge-patch.ts';
export * from './ports/clock.ts';
export * from './ports/log.ts';
export * from './ports/random.ts';
export * from './ports/seeded-random.ts';
export { systemClock } from './ports/system-clock.ts';
export * from './ports/system-random.ts';
export * from './ports/turn.ts';
export * from './ports/virtual-clock.ts';
export * from './runtime/cache.ts';
export * from './runtime/controller.ts';
export * from './runtime/result.ts';

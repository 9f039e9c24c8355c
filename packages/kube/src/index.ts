/** The client port, the controller runtime and the ports of time, randomness and logging. */
export * from './admission.ts';
export * from './client/client.ts';
export * from './ports/clock.ts';
export * from './ports/log.ts';
export * from './ports/random.ts';
export * from './runtime/cache.ts';
export * from './runtime/controller.ts';
export * from './runtime/result.ts';

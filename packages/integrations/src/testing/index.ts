/** Test servers and simulated ports. */
export type { SeedCommit } from './fast-import.ts';
export * from './git-server.ts';
export * from './http-fixture.ts';
export * from './docker-registry.ts';
export { buildImage } from './image-builder.ts';
export type { BuiltImage, ImageDescription } from './image-builder.ts';
export { pushOverHttp } from './registry-push.ts';
export * from './registry-server.ts';
export { SimulatedFileSystem } from './simulated/file-system.ts';
export type { SimulatedEffect, SimulatedHooks } from './simulated/operations.ts';
export { treeId } from './simulated/git-objects.ts';
export { SimulatedImages } from './simulated/registries.ts';
export { SimulatedRemotes } from './simulated/remotes.ts';
export * from './simulated/world.ts';

/** Composition: everything `kargo up` starts, for programs that embed it. */
export { parseUpConfig } from './config.ts';
export type { UpConfig } from './config.ts';
export { startControlPlane, type ControlPlane } from './control-plane.ts';
export { registerControllers, RELIST_AFTER, type RegisterOptions } from './controllers.ts';
export { selfSigned } from './certificate.ts';
export { clusterManifests, type ManifestOptions } from './manifests.ts';
export { kubeconfig } from './kubeconfig.ts';

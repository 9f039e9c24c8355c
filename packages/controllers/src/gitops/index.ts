/** The embedded GitOps agent and its destinations. */
export {
  applicationController,
  gitopsIndexes,
  gitopsKinds,
  requestsOfTracking,
  type ApplicationControllerDeps,
} from './application-controller.ts';
export { gitopsIndexes as trackingIndexes } from './application-controller.ts';
export { announcementIndexes } from './announcements.ts';
export { RUN_HOOKS_ANNOTATION } from './passes/operate.ts';
export { Destinations, type ClusterLink, type ConnectCluster, type DestinationsOptions } from './destinations/destinations.ts';
export { ManifestRenderer, type ManifestRendererDeps, type Rendered } from './rendering/renderer.ts';
export {
  DEFAULT_DELAYS,
  SIMULATED_HEALTH_ANNOTATION,
  simulatedKinds,
  workloadControllers,
  type SimulationDelays,
  type WorkloadControllerDeps,
} from './workload-controller.ts';

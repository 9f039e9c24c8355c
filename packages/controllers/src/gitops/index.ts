/** The embedded GitOps agent and its simulated destination. */
export { applicationController, gitopsKinds, type ApplicationControllerDeps } from './application-controller.ts';
export { trackingIndexes } from './destination.ts';
export { ManifestRenderer, type ManifestRendererDeps } from './renderer.ts';
export {
  DEFAULT_DELAYS,
  SIMULATED_HEALTH_ANNOTATION,
  simulatedKinds,
  workloadControllers,
  type SimulationDelays,
  type WorkloadControllerDeps,
} from './workload-controller.ts';

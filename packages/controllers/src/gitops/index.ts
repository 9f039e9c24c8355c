/** The embedded GitOps agent and its simulated destination. */
export { applicationController, gitopsIndexes, gitopsKinds, type ApplicationControllerDeps } from './application-controller.ts';
export { gitopsIndexes as trackingIndexes } from './application-controller.ts';
export { RUN_HOOKS_ANNOTATION } from './passes/operate.ts';
export { ManifestRenderer, type ManifestRendererDeps } from './renderer.ts';
export {
  DEFAULT_DELAYS,
  SIMULATED_HEALTH_ANNOTATION,
  simulatedKinds,
  workloadControllers,
  type SimulationDelays,
  type WorkloadControllerDeps,
} from './workload-controller.ts';

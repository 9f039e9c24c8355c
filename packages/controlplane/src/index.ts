/** Composition: everything `kargo up` starts, for programs that embed it. */
export { parseUpConfig } from './config.ts';
export type { UpConfig } from './config.ts';
export { startControlPlane, type ControlPlane } from './control-plane.ts';
export { admissionFor, registerControllers, RELIST_AFTER, type RegisterOptions } from './controllers.ts';
export { issueCertificate, selfSigned } from './certificates/certificate.ts';
export { clientCertificate } from './certificates/client-authority.ts';
export { clusterManifests, type ManifestOptions } from './manifests.ts';
export { kubeconfig } from './kubeconfig.ts';
export { runServer, type ServerConfig } from './run-server.ts';
export { runWebhooks, type WebhooksConfig } from './run-webhooks.ts';
export { controlPlaneUsers } from './components.ts';
export { startObservability, type Observability } from './serving/observability.ts';
export { servingSettings, type ServingSettings } from './serving/settings.ts';

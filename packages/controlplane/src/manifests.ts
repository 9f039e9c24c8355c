import {
  AnalysisRun,
  AnalysisTemplate,
  apiVersionOf,
  Application,
  AppProject,
  ClusterAnalysisTemplate,
  crdOf,
  kargoKinds,
  Namespace,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { projectClusterRoles } from '@kargo/controllers';
import { componentAccess } from './component-roles.ts';
import { SYSTEM_NAMESPACE } from './config.ts';
import { deployments } from './deployments.ts';
import { systemRoles } from './roles.ts';
import { webhookConfigurations } from './webhooks/configurations.ts';

/** What an installation is to be like. */
export interface ManifestOptions {
  /** Namespace of the installation. */
  namespace: string;
  image: string;
  /** Default `kargo-shared-resources`. */
  sharedNamespace?: string | undefined;
  /** Default `kargo-system-resources`. */
  systemNamespace?: string | undefined;
  /** Default `argocd`. */
  argoCDNamespace?: string | undefined;
  /** Whether the definitions of Kargo's kinds are among them. */
  crds: boolean;
  /** Whether the kinds of analysis are defined too, and run by Kargo. */
  analysis: boolean;
  /** Whether Applications are defined too, and deployed by Kargo. Default false. */
  gitOpsAgent?: boolean | undefined;
  /** Shards that get a controller of their own, besides that of objects without a shard. */
  shards?: readonly string[] | undefined;
  /** Whether admission is served. Default true. */
  webhooks?: boolean | undefined;
  /** Of each component. Default 2. */
  replicas?: number | undefined;
  /** Environment variables of every component. Nothing secret: everybody who reads Deployments reads them. */
  environment?: Readonly<Record<string, string>> | undefined;
}

const analysisKinds = [AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate] as unknown as readonly Kind[];

/**
 * Everything an installation on a cluster consists of, in the order in which it can be applied: definitions, namespaces, accounts and
 * roles, Deployments with their Services, and last the configurations that have the cluster ask the webhooks.
 */
export function clusterManifests(options: ManifestOptions): KubeObject[] {
  const {
    namespace,
    image,
    crds,
    analysis,
    gitOpsAgent = false,
    sharedNamespace = 'kargo-shared-resources',
    systemNamespace = SYSTEM_NAMESPACE,
    argoCDNamespace = 'argocd',
    shards = [],
    webhooks = true,
    replicas = 2,
    environment = {},
  } = options;
  const where = { namespace, sharedNamespace, systemNamespace, argoCDNamespace, shards, analysis, gitOpsAgent };
  const kinds = [
    ...kargoKinds,
    ...(analysis ? analysisKinds : []),
    ...(gitOpsAgent ? [Application as unknown as Kind, AppProject as unknown as Kind] : []),
  ];
  const namespaces = new Set([namespace, sharedNamespace, systemNamespace, ...(gitOpsAgent ? [argoCDNamespace] : [])]);
  return [
    ...(crds ? kinds.map((kind) => crdOf(kind)) : []),
    ...[...namespaces].map((name) => ({ apiVersion: apiVersionOf(Namespace), kind: Namespace.kind, metadata: { name } })),
    ...projectClusterRoles(),
    ...systemRoles(),
    ...componentAccess(where),
    ...deployments({ ...where, image, webhooks, replicas, environment }),
    ...(webhooks ? webhookConfigurations(namespace) : []),
  ];
}

import {
  AnalysisRun,
  AnalysisTemplate,
  ClusterAnalysisTemplate,
  ClusterConfig,
  ClusterPromotionTask,
  Event,
  Freight,
  Project,
  ProjectConfig,
  Promotion,
  PromotionTask,
  Stage,
  Warehouse,
  type Kind,
  type KubeObject,
} from '@kargo/api';

/** One sort of objects of a view: what is asked for, and where it is. */
export interface Viewed {
  /** How requests and frames name it: as the paths of this API do. */
  resource: string;
  kind: Kind<KubeObject>;
  namespace?: string | undefined;
  /** The one object that it is about, where it is only one. */
  name?: string | undefined;
  /** Objects that belong to the view. Default: all. */
  wanted?: ((object: KubeObject) => boolean) | undefined;
}

type ViewedKinds = Readonly<Record<string, Omit<Viewed, 'resource' | 'namespace'>>>;

const PROJECT: ViewedKinds = {
  stages: { kind: Stage },
  warehouses: { kind: Warehouse },
  freight: { kind: Freight },
  promotions: { kind: Promotion },
  'analysis-runs': { kind: AnalysisRun },
  'analysis-templates': { kind: AnalysisTemplate },
  'promotion-tasks': { kind: PromotionTask },
  config: { kind: ProjectConfig },
  events: { kind: Event, wanted: (event) => isOwnEvent(event as Event) },
};

const CLUSTER: ViewedKinds = {
  projects: { kind: Project },
  'cluster-config': { kind: ClusterConfig },
  'cluster-analysis-templates': { kind: ClusterAnalysisTemplate },
  'cluster-promotion-tasks': { kind: ClusterPromotionTask },
};

/** What a view of a Project can have, and has if nothing is chosen. */
export const PROJECT_RESOURCES: readonly string[] = [...Object.keys(PROJECT), 'project'];
export const PROJECT_DEFAULT: readonly string[] = ['stages', 'warehouses', 'freight', 'promotions'];
/** The same of a view of what is above Projects. */
export const CLUSTER_RESOURCES: readonly string[] = Object.keys(CLUSTER);
export const CLUSTER_DEFAULT: readonly string[] = ['projects'];

/** A sort of objects of a Project; undefined for what views do not have. */
export function viewedInProject(resource: string, project: string): Viewed | undefined {
  if (resource === 'project') return { resource, kind: Project, name: project };
  const viewed = PROJECT_RESOURCES.includes(resource) ? PROJECT[resource] : undefined;
  return viewed === undefined ? undefined : { ...viewed, resource, namespace: project };
}

/** A sort of objects above Projects; undefined for what views do not have. */
export function viewedInCluster(resource: string): Viewed | undefined {
  const viewed = CLUSTER_RESOURCES.includes(resource) ? CLUSTER[resource] : undefined;
  return viewed === undefined ? undefined : { ...viewed, resource };
}

/** Whether an event is about an object of Kargo. */
export function isOwnEvent({ involvedObject }: Event): boolean {
  return involvedObject?.apiVersion?.startsWith(`${Stage.group}/`) === true;
}

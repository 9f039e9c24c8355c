import {
  annotations,
  type Condition,
  conditionTypes,
  FINALIZER,
  getCondition,
  isReason,
  type KubeObject,
  Namespace,
  Project,
  removeCondition,
  setCondition,
  Stage,
  Warehouse,
  type ObjectKey,
} from '@kargo/api';
import {
  type Cache,
  type Change,
  clone,
  type Client,
  type Clock,
  commitObject,
  commitStatus,
  type ControllerOptions,
  type Request,
  type Result,
  settled,
  source,
  timestamp,
  waiting,
} from '@kargo/kube';
import { ensureNamespace } from './ensure-namespace.ts';
import { ensureControllerPermissions, ensureDefaultRoles, ensureSystemPermissions } from './ensure-roles.ts';
import { finalizeProject } from './finalize-project.ts';
import { projectStats } from './project-stats.ts';

const { ready, reconciling, stalled, healthy } = conditionTypes;

/** What was changed by others is set right at least this often. */
const RESYNC = 5 * 60_000;

export interface ProjectControllerDeps {
  client: Client;
  cache: Cache;
  clock: Clock;
  /** Namespace of the installation, where the ServiceAccounts of its components are. Default `kargo`. */
  kargoNamespace?: string | undefined;
  /** Whether controllers get to read the Secrets of Projects through bindings. Default true. */
  manageControllerPermissions?: boolean | undefined;
  /** Default 4. */
  workers?: number | undefined;
}

/** The controller of Projects: their namespaces, the permissions within, and numbers about them. */
export function projectController(deps: ProjectControllerDeps): ControllerOptions {
  return {
    name: 'project',
    for: Project,
    sources: [
      source(Project, ({ object, old }) =>
        object !== undefined && isNews(object, old) ? [{ name: object.metadata.name ?? '' }] : [],
      ),
      source(Namespace, (change) => namespaceRequests(deps.cache, change)),
      source(Stage, (change) => healthRequests(deps.cache, change)),
      source(Warehouse, (change) => healthRequests(deps.cache, change)),
    ],
    ...(deps.workers === undefined ? {} : { workers: deps.workers }),
    reconciler: { reconcile: (request) => reconcile(deps, request) },
  };
}

function isNews(project: Project, old: Project | undefined): boolean {
  if (old === undefined) return true;
  const facts = ({ metadata }: Project): string =>
    JSON.stringify([
      metadata.deletionTimestamp,
      metadata.finalizers,
      metadata.annotations?.[annotations.createActor],
      metadata.generation,
    ]);
  return facts(project) !== facts(old);
}

function namespaceRequests(cache: Cache, { object, old }: Change<Namespace>): Request[] {
  const name = (object ?? old)?.metadata.name ?? '';
  const facts = (namespace: Namespace | undefined): string =>
    JSON.stringify([namespace?.metadata.labels, namespace?.metadata.deletionTimestamp, namespace?.metadata.finalizers]);
  return facts(object) === facts(old) || cache.get(Project, { name }) === undefined ? [] : [{ name }];
}

type WithHealth = KubeObject & { status?: { conditions?: readonly Condition[] | undefined } | undefined };

function healthRequests(cache: Cache, { object, old }: Change<WithHealth>): Request[] {
  const name = (object ?? old)?.metadata.namespace ?? '';
  const health = (of: WithHealth | undefined): string | undefined =>
    of === undefined ? undefined : `health ${getCondition(of.status?.conditions, healthy)?.status}`;
  return health(object) === health(old) || cache.get(Project, { name }) === undefined ? [] : [{ name }];
}

async function reconcile(deps: ProjectControllerDeps, key: ObjectKey): Promise<Result> {
  const { client, cache, clock } = deps;
  const found = await find(client, key);
  if (found === undefined) return settled;
  if (found.metadata.deletionTimestamp !== undefined) {
    if (found.metadata.finalizers?.includes(FINALIZER) === true) await finalizeProject(client, found);
    return settled;
  }
  const project = await withFinalizer(client, found);
  const status = clone(project.status ?? {});
  const set = (type: string, value: Condition['status'], reason: string, message: string): void => {
    const { generation } = project.metadata;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    status.conditions = setCondition(
      status.conditions,
      { type, status: value, reason, message, ...observed },
      timestamp(clock.now()),
    );
  };
  const write = (): Promise<Project> => commitStatus(client, Project, project, { ...project, status });

  const namespace = project.metadata.name ?? '';
  const outcome = await sync(deps, project);
  if (outcome.kind !== 'synced') {
    set(ready, 'False', outcome.reason, outcome.message);
    set(reconciling, 'True', 'Syncing', outcome.message);
    if (outcome.kind === 'stalled') set(stalled, 'True', 'ExistingNamespaceMissingLabel', outcome.message);
    else status.conditions = removeCondition(status.conditions, stalled);
    await write();
    if (outcome.kind === 'failed') throw outcome.error;
    return waiting(
      'ExistingNamespaceMissingLabel',
      outcome.message,
      { kind: 'event', on: `namespace ${namespace} is labelled or deleted` },
      { kind: 'poll', at: clock.now() + RESYNC, why: 'as a safety net' },
    );
  }
  set(ready, 'True', 'Synced', 'the Project has its namespace and permissions');
  status.conditions = removeCondition(status.conditions, reconciling, stalled, healthy);
  status.stats = projectStats(cache.list(Warehouse, { namespace }), cache.list(Stage, { namespace }));
  await write();
  const at = clock.now() + RESYNC;
  return waiting(
    'Resync',
    'everything is in place',
    { kind: 'poll', at, why: 'permissions that others changed are set right' },
    { kind: 'event', on: 'the Project, its namespace, or the health of a Stage or Warehouse changes' },
  );
}

async function find(client: Client, key: ObjectKey): Promise<Project | undefined> {
  try {
    return await client.get(Project, key);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function withFinalizer(client: Client, project: Project): Promise<Project> {
  const finalizers = project.metadata.finalizers ?? [];
  if (finalizers.includes(FINALIZER)) return project;
  return commitObject(client, Project, project, {
    ...project,
    metadata: { ...project.metadata, finalizers: [...finalizers, FINALIZER] },
  });
}

type SyncOutcome =
  | { kind: 'synced' }
  | { kind: 'stalled'; reason: string; message: string }
  | { kind: 'failed'; reason: string; message: string; error: unknown };

/** Brings about everything a Project has, in order, up to the first part that fails. */
async function sync(deps: ProjectControllerDeps, project: Project): Promise<SyncOutcome> {
  const { client, kargoNamespace = 'kargo', manageControllerPermissions = true } = deps;
  const name = project.metadata.name ?? '';
  const steps: [reason: string, step: () => Promise<string | void>][] = [
    [
      'EnsuringNamespaceFailed',
      async () => {
        const outcome = await ensureNamespace(client, project);
        return outcome.kind === 'foreign' ? outcome.message : undefined;
      },
    ],
    ['EnsuringSystemPermissionsFailed', () => ensureSystemPermissions(client, name, kargoNamespace)],
    [
      'EnsuringControllerPermissionsFailed',
      async () => {
        if (manageControllerPermissions) await ensureControllerPermissions(client, name, kargoNamespace);
      },
    ],
    ['EnsuringDefaultUserRoles', () => ensureDefaultRoles(client, project)],
  ];
  for (const [reason, step] of steps) {
    try {
      const problem = await step();
      if (typeof problem === 'string') return { kind: 'stalled', reason, message: problem };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { kind: 'failed', reason, message: `setting up Project ${name} failed: ${why}`, error };
    }
  }
  return { kind: 'synced' };
}

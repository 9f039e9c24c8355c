/** Commits that Applications do not show yet, but that something else already knows of: a refresh need not wait for a poll. */
import {
  Application,
  normalizeGitURL,
  Promotion,
  Warehouse,
  type ApplicationSource,
  type Json,
  type KubeObject,
  type Workload,
} from '@kargo/api';
import { source, type Cache, type Index, type Request, type Source } from '@kargo/kube';
import { sourcesOf } from './source.ts';

const BRANCH_INDEX = 'gitops-branch';
const APPLICATION_INDEX = 'gitops-repository';
const PUSHED_INDEX = 'gitops-pushed-branch';
const HEAD = 'HEAD';

/** Indexes by which Applications and what announces their commits find each other. */
export const announcementIndexes: readonly Index<Workload>[] = [
  { kind: Application, name: BRANCH_INDEX, keys: (app: Application) => sourcesOf(app).map(branchOf) },
  { kind: Application, name: APPLICATION_INDEX, keys: (app: Application) => sourcesOf(app).map(repositoryOf) },
  {
    kind: Warehouse,
    name: APPLICATION_INDEX,
    keys: (warehouse: Warehouse) => discoveriesOf(warehouse).map(({ repository }) => repository),
  },
  { kind: Promotion, name: PUSHED_INDEX, keys: (promotion: Promotion) => pushesOf(promotion).map(({ branch }) => branch) },
] as unknown as readonly Index<Workload>[];

/** Sources that wake the Applications concerned when a promotion has pushed, or a Warehouse has discovered, a commit. */
export function announcementSources(cache: Cache): Source[] {
  return [
    source(Promotion, ({ object, old }) => {
      if (object === undefined || (old !== undefined && pushesOf(old).length === pushesOf(object).length)) return [];
      return pushesOf(object).flatMap(({ branch }) => cache.byIndex(Application, BRANCH_INDEX, branch).map(requestOf));
    }),
    source(Warehouse, ({ object }) =>
      object === undefined
        ? []
        : discoveriesOf(object).flatMap(({ repository }) =>
            cache.byIndex(Application, APPLICATION_INDEX, repository).map(requestOf),
          ),
    ),
  ];
}

/** Whether a commit of one of its branches is known since the Application looked last, other than those it shows. */
export function isAnnounced(app: Application, cache: Cache): boolean {
  const { reconciledAt, sync } = app.status ?? {};
  if (reconciledAt === undefined) return false;
  const shown = new Set(sync?.revisions ?? [sync?.revision ?? '']);
  const isNews = ({ commit, at }: { commit: string; at: string }): boolean => at >= reconciledAt && !shown.has(commit);
  return sourcesOf(app).some((each) => {
    const branch = branchOf(each);
    const pushed = cache
      .byIndex(Promotion, PUSHED_INDEX, branch)
      .flatMap(pushesOf)
      .filter((push) => push.branch === branch);
    const repository = repositoryOf(each);
    const discovered = cache
      .byIndex(Warehouse, APPLICATION_INDEX, repository)
      .flatMap(discoveriesOf)
      .filter((found) => found.repository === repository && found.branch === branch);
    return pushed.some(isNews) || discovered.some(isNews);
  });
}

function requestOf({ metadata }: KubeObject): Request {
  return { namespace: metadata.namespace, name: metadata.name ?? '' };
}

function branchOf({ targetRevision = '' }: ApplicationSource): string {
  return targetRevision === '' ? HEAD : targetRevision.replace(/^refs\/heads\//, '');
}

function repositoryOf({ repoURL }: ApplicationSource): string {
  return normalizeGitURL(repoURL);
}

interface Discovery {
  repository: string;
  branch: string;
  commit: string;
  at: string;
}

/** The newest commit of each git subscription of a Warehouse. */
function discoveriesOf({ status }: Warehouse): Discovery[] {
  const { git = [], discoveredAt } = status?.discoveredArtifacts ?? {};
  if (discoveredAt === undefined) return [];
  return git.flatMap(({ repoURL, commits = [] }) => {
    const [newest] = commits;
    return newest?.id === undefined
      ? []
      : [{ repository: normalizeGitURL(repoURL), branch: newest.branch || HEAD, commit: newest.id, at: discoveredAt }];
  });
}

/** What the steps of a promotion have pushed so far. */
function pushesOf({ status, spec }: Promotion): { branch: string; commit: string; at: string }[] {
  const steps = status?.stepExecutionMetadata ?? [];
  return (spec.steps ?? []).flatMap(({ uses, as: alias }, index) => {
    if (uses !== 'git-push') return [];
    const done = steps[index];
    const { branch, commit } = fieldsOf(status?.state?.[done?.alias ?? alias ?? '']);
    if (done?.finishedAt === undefined || typeof branch !== 'string' || typeof commit !== 'string') return [];
    return [{ branch, commit, at: done.finishedAt }];
  });
}

function fieldsOf(value: Json | undefined): Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

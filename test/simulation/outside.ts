/** The simulated outside as one process sees it: every call, those of clones, work trees and workspaces too, is a point at which it can die. */
import type { Clone, Git, WorkTree, Workspace, Workspaces } from '@kargo/integrations';
import type { SimulatedWorld } from '@kargo/integrations/testing';
import type { CrashPlan, CrashPoint, SimulatedProcess } from '@kargo/kube/testing';

/** The ports of a world in the hands of a process that can die. */
export function guardOutside(
  process: SimulatedProcess,
  world: SimulatedWorld,
): Pick<SimulatedWorld, 'charts' | 'git' | 'githubCommits' | 'http' | 'pullRequests' | 'registries' | 'renderer' | 'workspaces'> {
  return {
    git: process.guard('git', guardedGit(process, world.git)),
    http: process.guard('http', world.http),
    pullRequests: process.guard('pullRequests', world.pullRequests),
    githubCommits: world.githubCommits,
    charts: process.guard('charts', world.charts),
    registries: process.guard('registries', world.registries),
    renderer: process.guard('renderer', world.renderer),
    workspaces: process.guard('workspaces', guardedWorkspaces(process, world.workspaces)),
  };
}

function guardedGit(process: SimulatedProcess, git: Git): Git {
  const guardTree = (tree: WorkTree): WorkTree => process.guard('tree', tree);
  const guardClone = (clone: Clone): Clone =>
    process.guard('clone', { addWorkTree: async (spec, options) => guardTree(await clone.addWorkTree(spec, options)) });
  return {
    remoteRefs: (remote, options) => git.remoteRefs(remote, options),
    commits: (remote, options) => git.commits(remote, options),
    describe: (remote, revision, options) => git.describe(remote, revision, options),
    tags: (remote, options) => git.tags(remote, options),
    changedPaths: (remote, commits, options) => git.changedPaths(remote, commits, options),
    differingPaths: (remote, commits, options) => git.differingPaths(remote, commits, options),
    resolve: (remote, revision, options) => git.resolve(remote, revision, options),
    export: (remote, commit, directory, options) => git.export(remote, commit, directory, options),
    clone: async (options) => guardClone(await git.clone(options)),
    open: async (path, options) => guardTree(await git.open(path, options)),
  };
}

function guardedWorkspaces(process: SimulatedProcess, workspaces: Workspaces): Workspaces {
  const guardWorkspace = (workspace: Workspace): Workspace => {
    const hidden = process.guard('workspace', workspace.private);
    return new Proxy(process.guard('workspace', workspace), {
      get: (target, property): unknown => (property === 'private' ? hidden : Reflect.get(target, property)),
    });
  };
  return {
    open: async (id) => {
      const { workspace, fresh } = await workspaces.open(id);
      return { workspace: guardWorkspace(workspace), fresh };
    },
    remove: (id) => workspaces.remove(id),
    ids: () => workspaces.ids(),
  };
}

/** Calls that leave nothing behind: dying around one is the same as dying around the effect before or after it. */
const WITHOUT_EFFECT = new Set([
  'client.get',
  'client.list',
  'client.watch',
  'git.remoteRefs',
  'git.commits',
  'git.describe',
  'git.tags',
  'git.changedPaths',
  'git.differingPaths',
  'git.resolve',
  'git.open',
  'git.clone',
  'tree.head',
  'tree.branch',
  'workspace.resolve',
  'workspace.readFile',
  'workspace.list',
  'workspace.exists',
  'workspaces.ids',
  'pullRequests.list',
  'pullRequests.get',
  'registries.tags',
  'registries.image',
  'renderer.kustomize',
  'renderer.helm',
]);

/** Whether something of a call remains when the process that made it is gone. */
export function hasEffect({ port, method }: Pick<CrashPoint, 'port' | 'method'>): boolean {
  return !WITHOUT_EFFECT.has(`${port}.${method}`);
}

/** A plan that dies at the `n`th point that `counts`. `passed` says how many there were. */
export function crashAtNth(n: number, counts: CrashPlan): { plan: CrashPlan; passed: () => number } {
  let passed = 0;
  return {
    plan: (point) => {
      if (!counts(point)) return false;
      passed++;
      return passed === n;
    },
    passed: () => passed,
  };
}

import type { Clone, Git, WorkTree } from '../git/port.ts';
import type { Recorder } from './effects.ts';

/**
 * Git that changes no remote: reading, cloning, committing and rebasing happen (in the work trees), pushes are recorded instead. A
 * branch that would be created exists only in its work tree.
 */
export function recordingGit(git: Git, record: Recorder): Git {
  return {
    remoteRefs: (remote, options) => git.remoteRefs(remote, options),
    commits: (remote, options) => git.commits(remote, options),
    describe: (remote, revision, options) => git.describe(remote, revision, options),
    tags: (remote, options) => git.tags(remote, options),
    changedPaths: (remote, commits, options) => git.changedPaths(remote, commits, options),
    resolve: (remote, revision, options) => git.resolve(remote, revision, options),
    export: (remote, commit, directory, options) => git.export(remote, commit, directory, options),
    open: async (path, options) => recordingTree(await git.open(path, options), record),
    clone: async (options): Promise<Clone> => {
      const clone = await git.clone(options);
      return {
        async addWorkTree(spec, rest) {
          const tree = await clone.addWorkTree({ ...spec, pushCreated: false }, rest);
          if (spec.create === true && 'branch' in spec.ref) {
            const { branches } = await git.remoteRefs(options.remote, rest);
            if (!branches.has(spec.ref.branch)) {
              record({ kind: 'gitCreateBranch', url: tree.remoteURL, branch: spec.ref.branch, commit: await tree.head() });
            }
          }
          return recordingTree(tree, record);
        },
      };
    },
  };
}

function recordingTree(tree: WorkTree, record: Recorder): WorkTree {
  return {
    path: tree.path,
    remoteURL: tree.remoteURL,
    head: () => tree.head(),
    branch: () => tree.branch(),
    clear: () => tree.clear(),
    stage: () => tree.stage(),
    commit: (options) => tree.commit(options),
    rebaseOnto: (branch, options) => tree.rebaseOnto(branch, options),
    integrate: (branch, options) => tree.integrate(branch, options),
    fetch: (branch, options) => tree.fetch(branch, options),
    localCommits: (base) => tree.localCommits(base),
    resetTo: (branch, options) => tree.resetTo(branch, options),
    tag: (options) => tree.tag(options),
    async pushTag(tag) {
      record({ kind: 'gitPushTag', url: tree.remoteURL, tag, commit: await tree.head() });
    },
    async pushRef(ref, { create }) {
      if (create) record({ kind: 'gitPushRef', url: tree.remoteURL, ref, commit: await tree.head() });
    },
    async push({ branch, force = false }) {
      record({ kind: 'gitPush', url: tree.remoteURL, branch, commit: await tree.head(), force });
    },
  };
}

import type { Clock } from '@kargo/kube';
import { MAX_COMMITS, type GitRehearsals, type RehearsedCommit, type RehearsedFile } from '../../rehearsal/port.ts';
import { rehearsalOn } from '../../rehearsal/rehearsal.ts';
import { treeId, type SimulatedCommit, type Tree } from './git-objects.ts';
import { simulatedGit } from './git.ts';
import type { SimulatedGitParts } from './perform-remote.ts';
import { Operations } from './operations.ts';

/** Rehearsals in a simulated world: on a copy of its git servers, and on the same disk. */
export function simulatedRehearsals({ files, operations, remotes }: SimulatedGitParts, clock: Clock): GitRehearsals {
  return {
    rehearse() {
      const copy = remotes.fork();
      const own = new Operations({ clock });
      const original = copy.fork();
      const seen = new Set<string>();
      own.hooks = {
        before: (operation) => {
          for (const url of copy.urls()) if (operation.split(' ').includes(url)) seen.add(url);
          return operations.hooks.before?.(`rehearsal ${operation}`);
        },
      };
      return rehearsalOn({
        git: simulatedGit({ files, operations: own, remotes: copy }),
        remotes: () =>
          [...seen].map((url) => {
            const { branches, tags } = original.remote(url);
            return { url, branches, tags: new Map([...tags].map(([name, { commit }]) => [name, commit])) };
          }),
        refs: async (url) => {
          const { branches, tags } = copy.remote(url);
          return new Map([
            ...[...branches].map(([name, id]): [string, string] => [`refs/heads/${name}`, id]),
            ...[...tags].map(([name, { commit }]): [string, string] => [`refs/tags/${name}`, commit]),
          ]);
        },
        commits: async (_place, to, without) => {
          const known = new Set(without.flatMap((id) => (copy.has(id) ? [...copy.ancestors(id)] : [])));
          const ids = [...copy.ancestors(to)].filter((id) => !known.has(id));
          const commits = ids.slice(0, MAX_COMMITS).map((id) => described(copy.get(id), (parent) => copy.get(parent).tree));
          return { commits: commits.toReversed(), count: ids.length };
        },
        treeOf: async (_place, commit) => treeId(copy.get(commit).tree),
        contains: async (_place, commit, ancestor) => copy.ancestors(commit).has(ancestor),
      });
    },
  };
}

function described({ id, tree, parents, author, message }: SimulatedCommit, treeOfParent: (id: string) => Tree): RehearsedCommit {
  const [parent] = parents;
  return {
    id,
    tree: treeId(tree),
    parents,
    author: `${author.name} <${author.email}>`,
    message: message.trimEnd(),
    files: filesBetween(parent === undefined ? new Map() : treeOfParent(parent), tree),
  };
}

function filesBetween(before: Tree, after: Tree): RehearsedFile[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return paths.flatMap((path): RehearsedFile[] => {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === now) return [];
    const change = old === undefined ? 'added' : now === undefined ? 'deleted' : 'modified';
    return [
      {
        path,
        change,
        binary: false,
        ...(old === undefined ? {} : { before: old }),
        ...(now === undefined ? {} : { after: now }),
      },
    ];
  });
}

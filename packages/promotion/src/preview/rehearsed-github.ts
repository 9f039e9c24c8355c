import type { Git, GitHubCommits, WorkTree } from '@kargo/integrations';
import { isAccepted } from '../steps/git/pushing.ts';
import { overriding } from './overriding.ts';

/**
 * What GitHub would do with commits, done to the private copies of a rehearsal: branches get the commits as they are here. Their trees are
 * those of the commits that GitHub makes; ids and signatures are not.
 */
export function rehearsedGitHub(git: Git): { git: Git; githubCommits: GitHubCommits } {
  const opened = new Map<string, WorkTree>();
  const treeOf = (url: string): WorkTree => {
    const tree = opened.get(url);
    if (tree === undefined) throw new Error(`programmer error: no working tree of ${url} was opened`);
    return tree;
  };
  return {
    git: overriding(git, {
      open: async (path, options) => {
        const tree = await git.open(path, options);
        opened.set(tree.remoteURL, tree);
        return tree;
      },
    }),
    githubCommits: {
      async compare({ url }, base, head) {
        if (base === head) return 'identical';
        return (await treeOf(url).localCommits(base)).length > 0 ? 'ahead' : 'behind';
      },
      createCommit: ({ url }) => treeOf(url).head(),
      setBranch: ({ url }, { name, force }, { signal } = {}) => isAccepted(treeOf(url).push({ branch: name, force, signal })),
    },
  };
}

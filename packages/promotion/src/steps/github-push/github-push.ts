import type { LocalCommit, PullRequestRepository, WorkTree } from '@kargo/integrations';
import type { Step, StepContext, StepPorts } from '../../step.ts';
import { TerminalStepError } from '../../step.ts';
import { integrate, pushUntilAccepted, targetOf } from '../git/pushing.ts';
import { openWorkTree } from '../git/work-trees.ts';
import { commitURL } from '../git-push/commit-url.ts';
import { absentFlag, absentText, flag, object, optionalText, presentText, pushOutputs, text } from '../schema.ts';

export interface GitHubPushConfig {
  path: string;
  targetBranch?: string | undefined;
  generateTargetBranch?: boolean | undefined;
  force?: boolean | undefined;
  maxAttempts?: number | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
}

const MAX_REVISIONS = 10;

/**
 * As git-push, but GitHub itself makes the commits again, and signs them: those that are signed with the key of this installation, or
 * all if the operator says so. Others keep author and committer, and stay unsigned. Outputs: `commit`, `branch`, `commitURL`.
 */
export const githubPush: Step<GitHubPushConfig> = {
  name: 'github-push',
  workspace: 'reads',
  outputs: pushOutputs,
  configSchema: object(
    {
      path: text('Path of a working tree made by git-clone.'),
      targetBranch: optionalText('Branch to push to; the one that is checked out if absent.'),
      generateTargetBranch: flag('Push to a branch of its own, `kargo/promotion/<name of the promotion>`.'),
      force: flag('Overwrite what the remote branch has.', { default: false }),
      maxAttempts: {
        type: 'integer',
        description: 'How often to try when the remote keeps moving. Default 10.',
        minimum: 1,
        maximum: 2_147_483_647,
      },
      insecureSkipTLSVerify: flag('Accept any certificate of the API.', { default: false }),
    },
    ['path'],
    {
      title: 'GitHubPushConfig',
      oneOf: [
        { required: ['generateTargetBranch'], properties: { generateTargetBranch: { const: true }, targetBranch: absentText } },
        { required: ['targetBranch'], properties: { generateTargetBranch: absentFlag, targetBranch: presentText } },
        { properties: { generateTargetBranch: absentFlag, targetBranch: absentText } },
      ],
    },
  ),

  async run(context, ports) {
    const { config } = context;
    const { tree, repoURL, remote } = await openWorkTree(context, ports, config.path);
    const { username, password = '' } = remote.credentials ?? {};
    if (password === '')
      throw new TerminalStepError(
        `no credentials found for ${repoURL} that the API of GitHub accepts: give a token, SSH keys alone cannot drive it`,
        { status: 'Failed' },
      );
    const branch = await targetOf(context, tree);
    const push: Push = {
      tree,
      branch,
      force: config.force === true || config.generateTargetBranch === true,
      repository: {
        url: repoURL,
        provider: 'github',
        credentials: { username, password },
        insecureSkipTLSVerify: config.insecureSkipTLSVerify === true || remote.insecureSkipTLSVerify === true,
      },
    };
    await pushUntilAccepted(context, ports, {
      branch,
      remoteURL: tree.remoteURL,
      maxAttempts: config.maxAttempts,
      integrate: undefined,
      push: () => attempt(context, ports, push),
    });
    const commit = await tree.head();
    const url = commitURL(repoURL, commit, 'github');
    return { status: 'Succeeded', output: { commit, branch, ...(url === undefined ? {} : { commitURL: url }) } };
  },
};

interface Push {
  tree: WorkTree;
  branch: string;
  force: boolean;
  repository: PullRequestRepository;
}

/** One attempt. False if the branch has moved, so that another one can help. */
async function attempt(context: StepContext<GitHubPushConfig>, ports: StepPorts, push: Push): Promise<boolean> {
  const { signal, promotion, log } = context;
  const { tree, branch, force, repository } = push;
  if (!force) await integrate(context, ports, tree, branch);
  const staging = `refs/kargo/staging/${promotion.name}`;
  try {
    await tree.pushRef(staging, { create: true, signal });
    const target = await tree.fetch(branch, { signal });
    const current = await tree.branch();
    const base = target ?? (current === undefined ? undefined : await tree.fetch(current, { signal }));
    const head = await tree.head();
    const relation = base === undefined ? 'ahead' : await ports.githubCommits.compare(repository, base, head, { signal });
    if (relation === 'identical' && target !== undefined) return true;
    if (!['identical', 'ahead', 'behind', 'diverged'].includes(relation))
      throw new TerminalStepError(`GitHub cannot tell how ${head} relates to ${base ?? 'nothing'}: it says "${relation}"`);
    if ((relation === 'behind' || relation === 'diverged') && !force) return false;
    const commit = await replay(context, ports, push, base, relation === 'behind' ? head : undefined);
    const moved = await ports.githubCommits.setBranch(
      repository,
      { name: branch, commit, create: target === undefined, force },
      { signal },
    );
    if (!moved) return false;
    await tree.resetTo(branch, { signal });
    return true;
  } finally {
    await tree.pushRef(staging, { create: false }).catch((error: unknown) => {
      log.debug({ ref: staging, error }, 'the staging reference could not be deleted');
    });
  }
}

/** Makes the commits of HEAD beyond `base` again through the API, or takes `behind` if there are none. Returns the newest. */
async function replay(
  { signal }: StepContext<GitHubPushConfig>,
  ports: StepPorts,
  { tree, repository }: Push,
  base: string | undefined,
  behind: string | undefined,
): Promise<string> {
  if (behind !== undefined) return behind;
  const commits = await tree.localCommits(base);
  const limit = ports.githubPush?.maxRevisions ?? MAX_REVISIONS;
  if (commits.length > limit)
    throw new TerminalStepError(
      `${commits.length} commits would have to be made again through the API, but only ${limit} may be; squash them, or use git-push`,
    );
  const made = new Map<string, string>();
  let newest = await tree.head();
  for (const commit of commits) {
    const parents = commit.parents.map((parent) => made.get(parent) ?? parent);
    const verified = commit.signature === 'trusted' || ports.githubPush?.verifyUntrusted === true;
    const id = await ports.githubCommits.createCommit(
      repository,
      {
        tree: commit.tree,
        parents,
        message: verified ? withTrailer(commit) : commit.message,
        ...(verified
          ? {}
          : {
              author: { name: commit.author.name, email: commit.author.email, date: commit.authoredAt },
              committer: { name: commit.committer.name, email: commit.committer.email, date: commit.committedAt },
            }),
      },
      { signal },
    );
    made.set(commit.id, id);
    newest = id;
  }
  return newest;
}

/** GitHub becomes the author of what it signs: the one it was is named in the message, unless he signed himself. */
function withTrailer({ message, author, committer }: LocalCommit): string {
  if (author.name === '' || (author.name === committer.name && author.email === committer.email)) return message;
  return `${message.trimEnd()}\n\nCo-authored-by: ${author.name} <${author.email}>\n`;
}

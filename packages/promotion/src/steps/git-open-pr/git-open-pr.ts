import type { Json } from '@kargo/api';
import type { PullRequest, PullRequestRepository } from '@kargo/integrations';
import type { Step, StepContext, StepPorts } from '../../step.ts';
import { repositoryOf, repositoryProperties, type RepositoryConfig } from '../git/pull-requests.ts';
import { remoteOf } from '../git/work-trees.ts';
import { flag, list, object, text } from '../schema.ts';
import { changesAndChecks, originLine, originOf } from './body.ts';
import { closeSuperseded, openedBy, property } from './superseded.ts';

export interface GitOpenPRConfig extends RepositoryConfig {
  sourceBranch: string;
  targetBranch: string;
  title?: string | undefined;
  description?: string | undefined;
  labels?: string[] | undefined;
  draft?: boolean | undefined;
  reviewers?: string[] | undefined;
  createTargetBranch?: boolean | undefined;
}

/**
 * Opens a pull request from one branch to another, or takes the one that is open between them, or was merged with the same commit;
 * Skipped if the branches hold the same. One of an earlier promotion of the Stage gets new words; those that this one supersedes are
 * closed. Output: `pr` with `id` (the number) and `url`.
 */
export const gitOpenPR: Step<GitOpenPRConfig> = {
  name: 'git-open-pr',
  workspace: 'none',
  outputs: {
    pr: {
      ...object({ id: { type: 'integer' }, url: { type: 'string' } }),
      description: 'The pull request; nothing if there was no difference to propose.',
    },
  },
  configSchema: object(
    {
      ...repositoryProperties,
      sourceBranch: text('Branch with the changes.'),
      targetBranch: text('Branch the changes are to go to.'),
      title: text('Title; the first line of the message of the newest commit if absent.'),
      description: text('Description; the rest of that message if absent.'),
      labels: list(text('A label.'), 'Labels of the pull request.'),
      draft: flag('Open it as a draft, which cannot be merged before somebody says that it is ready.'),
      reviewers: list(
        text(
          'A user name; `team/NAME` of a team at GitHub and Gitea, an account id at Bitbucket Cloud, the id of an identity at Azure DevOps.',
        ),
        'Who is asked for a review.',
      ),
      createTargetBranch: flag('Deprecated, without effect.'),
    },
    ['repoURL', 'targetBranch', 'sourceBranch'],
    { title: 'GitOpenPRConfig' },
  ),

  async run(context, ports) {
    const { config, signal } = context;
    const before = earlierOutput(context);
    if (before !== undefined) return { status: 'Succeeded', output: { pr: before } };
    const { sourceBranch, targetBranch, repoURL } = config;
    const remote = await remoteOf(context, ports, repoURL, config.insecureSkipTLSVerify);
    const { branches } = await ports.git.remoteRefs(remote, { signal });
    const headCommit = branches.get(sourceBranch);
    if (headCommit === undefined) throw new Error(`source branch "${sourceBranch}" does not exist in ${repoURL}; push it first`);
    const repository = await repositoryOf(context, ports);
    const between = await ports.pullRequests.list(repository, { sourceBranch, targetBranch }, { signal });
    const open = between.find((pull) => pull.open);
    if (open !== undefined) {
      const head = await ports.git.describe(remote, headCommit, { signal });
      const taken = await brought(context, ports, repository, open, head.message);
      await closeSuperseded(context, ports, repository, taken);
      return { status: 'Succeeded', output: outputOf(taken) };
    }
    const known = await ports.pullRequests.list(repository, { sourceBranch, targetBranch, headCommit }, { signal });
    const merged = known.find((pull) => pull.merged);
    if (merged !== undefined) return { status: 'Succeeded', output: outputOf(merged) };
    const base = branches.get(targetBranch);
    if (base === undefined) throw new Error(`target branch "${targetBranch}" does not exist in ${repoURL}`);
    const head = await ports.git.describe(remote, headCommit, { signal });
    if (head.tree === (await ports.git.describe(remote, base, { signal })).tree)
      return {
        status: 'Skipped',
        message: `branches "${sourceBranch}" and "${targetBranch}" hold the same, there is nothing to merge`,
      };
    const { labels, draft, reviewers } = config;
    const words = await wordsFor(context, ports, head.message);
    const request = { sourceBranch, targetBranch, labels, draft, reviewers, ...words };
    const made = await ports.pullRequests.create(repository, request, { signal });
    await closeSuperseded(context, ports, repository, made);
    return { status: 'Succeeded', output: outputOf(made) };
  },

  async abandon(context, ports, reason) {
    const { outputs, alias, project, promotion, signal, log } = context;
    const number = openedBy(outputs[alias]);
    if (number === undefined) return;
    const repository = await repositoryOf(context, ports);
    const pull = await ports.pullRequests.get(repository, number, { signal });
    const origin = originOf(pull.description);
    // What was there before, or was taken over by a later promotion, is not ours to close.
    if (!pull.open || origin?.promotion !== promotion.name || origin.project !== project) return;
    await ports.pullRequests.close(repository, number, reason, { signal });
    log.info({ pullRequest: pull.url }, 'closed the pull request of an aborted Promotion');
  },
};

/** An open pull request that is there already: one that Kargo opened gets the words of this promotion, others stay as they are. */
async function brought(
  context: StepContext<GitOpenPRConfig>,
  ports: StepPorts,
  repository: PullRequestRepository,
  pull: PullRequest,
  message: string,
): Promise<PullRequest> {
  const origin = originOf(pull.description);
  if (origin?.project !== context.project || origin.stage !== context.stage) return pull;
  const { labels, reviewers } = context.config;
  const words = await wordsFor(context, ports, message);
  const added = (labels ?? []).length + (reviewers ?? []).length;
  if (words.title === pull.title && words.description === pull.description && added === 0) return pull;
  // An earlier attempt may have been interrupted between opening it and the rest.
  return ports.pullRequests.update(repository, pull.number, { ...words, labels, reviewers }, { signal: context.signal });
}

/** What an earlier attempt of this step has told already. */
function earlierOutput({ outputs, alias }: StepContext<GitOpenPRConfig>): Json | undefined {
  const pr = property(outputs[alias], 'pr');
  return property(pr, 'id') === undefined ? undefined : pr;
}

function outputOf({ number, url }: PullRequest): Record<string, Json> {
  return { pr: { id: number, url } };
}

async function wordsFor(
  context: StepContext<GitOpenPRConfig>,
  ports: StepPorts,
  message: string,
): Promise<{ title: string; description: string }> {
  const { config, project, stage } = context;
  const { uiBaseURL = '' } = ports;
  const clean = message.trimEnd();
  const end = clean.indexOf('\n');
  const title = config.title ?? (end < 0 ? clean : clean.slice(0, end));
  const rest = end < 0 ? '' : clean.slice(end + 1);
  const page = `${uiBaseURL.replace(/\/+$/, '')}/project/${encodeURIComponent(project)}/stage/${encodeURIComponent(stage)}`;
  const parts =
    config.description === undefined
      ? [config.title === undefined ? rest : clean, await changesAndChecks(context, ports)]
      : [config.description];
  if (uiBaseURL !== '') parts.push(`[View in Kargo UI](${page})`);
  return { title, description: [...parts.filter((part) => part !== ''), originLine(context)].join('\n\n') };
}

import type { Json } from '@kargo/api';
import type { PullRequest } from '@kargo/integrations';
import type { Step, StepContext } from '../../step.ts';
import { repositoryOf, repositoryProperties, type RepositoryConfig } from '../git/pull-requests.ts';
import { remoteOf } from '../git/work-trees.ts';
import { flag, list, object, text } from '../schema.ts';

export interface GitOpenPRConfig extends RepositoryConfig {
  sourceBranch: string;
  targetBranch: string;
  title?: string | undefined;
  description?: string | undefined;
  labels?: string[] | undefined;
  createTargetBranch?: boolean | undefined;
}

/**
 * Opens a pull request from one branch to another, or takes the open or merged one that there is for the same commit; Skipped if the
 * branches hold the same. Output: `pr` with `id` (the number) and `url`.
 */
export const gitOpenPR: Step<GitOpenPRConfig> = {
  name: 'git-open-pr',
  configSchema: object(
    {
      ...repositoryProperties,
      sourceBranch: text('Branch with the changes.'),
      targetBranch: text('Branch the changes are to go to.'),
      title: text('Title; the first line of the message of the newest commit if absent.'),
      description: text('Description; the rest of that message if absent.'),
      labels: list(text('A label.'), 'Labels of the pull request.'),
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
    const known = await ports.pullRequests.list(repository, { sourceBranch, targetBranch, headCommit }, { signal });
    const adopted = known.find(({ open, merged }) => open || merged);
    if (adopted !== undefined) return { status: 'Succeeded', output: outputOf(adopted) };
    const base = branches.get(targetBranch);
    if (base === undefined) throw new Error(`target branch "${targetBranch}" does not exist in ${repoURL}`);
    const head = await ports.git.describe(remote, headCommit, { signal });
    if (head.tree === (await ports.git.describe(remote, base, { signal })).tree)
      return {
        status: 'Skipped',
        message: `branches "${sourceBranch}" and "${targetBranch}" hold the same, there is nothing to merge`,
      };
    const made = await ports.pullRequests.create(
      repository,
      { sourceBranch, targetBranch, labels: config.labels, ...wordsFor(context, head.message, ports.uiBaseURL) },
      { signal },
    );
    return { status: 'Succeeded', output: outputOf(made) };
  },
};

/** What an earlier attempt of this step has told already. */
function earlierOutput({ outputs, alias }: StepContext<GitOpenPRConfig>): Json | undefined {
  const pr = property(outputs[alias], 'pr');
  return property(pr, 'id') === undefined ? undefined : pr;
}

function property(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}

function outputOf({ number, url }: PullRequest): Record<string, Json> {
  return { pr: { id: number, url } };
}

function wordsFor(
  { config, project, stage }: StepContext<GitOpenPRConfig>,
  message: string,
  uiBaseURL = '',
): { title: string; description: string } {
  const clean = message.trimEnd();
  const end = clean.indexOf('\n');
  const title = config.title ?? (end < 0 ? clean : clean.slice(0, end));
  const rest = end < 0 ? '' : clean.slice(end + 1);
  const description = config.description ?? (config.title === undefined ? rest : clean);
  const page = `${uiBaseURL.replace(/\/+$/, '')}/project/${encodeURIComponent(project)}/stage/${encodeURIComponent(stage)}`;
  return { title, description: uiBaseURL === '' ? description : `${description}\n\n[View in Kargo UI](${page})` };
}

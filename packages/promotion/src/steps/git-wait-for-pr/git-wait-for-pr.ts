import type { Step } from '../../step.ts';
import { TerminalStepError } from '../../step.ts';
import {
  pollIntervalOf,
  pollIntervalSchema,
  prNumberSchema,
  prOutput,
  repositoryOf,
  repositoryProperties,
  type RepositoryConfig,
} from '../git/pull-requests.ts';
import { object } from '../schema.ts';

export interface GitWaitForPRConfig extends RepositoryConfig {
  prNumber: number;
  pollInterval?: string | undefined;
}

const STANDARD_INTERVAL = 30_000;

/**
 * Waits until a pull request is merged; fails for good when it is closed without that. Output: `pr` with `id`, `url`, `open` and
 * `merged`, and `commit`, the commit that the target branch got, once it is merged and the provider tells.
 */
export const gitWaitForPR: Step<GitWaitForPRConfig> = {
  name: 'git-wait-for-pr',
  workspace: 'none',
  outputs: {
    pr: {
      ...object({ id: { type: 'integer' }, url: { type: 'string' }, open: { type: 'boolean' }, merged: { type: 'boolean' } }),
      description: 'The pull request.',
    },
    commit: { type: 'string', description: 'The commit that the target branch got.' },
  },
  configSchema: object(
    {
      ...repositoryProperties,
      prNumber: prNumberSchema,
      pollInterval: pollIntervalSchema('How often to look while it is open. Default 30s.'),
    },
    ['repoURL', 'prNumber'],
    { title: 'GitWaitForPRConfig' },
  ),

  async run(context, ports) {
    const { config, signal } = context;
    const { prNumber } = config;
    const pull = await ports.pullRequests.get(await repositoryOf(context, ports), prNumber, { signal });
    const output = { pr: prOutput(pull), ...(pull.mergeCommit === undefined ? {} : { commit: pull.mergeCommit }) };
    if (pull.open)
      return {
        status: 'Running',
        output,
        waitingFor: `pull request ${prNumber} to be merged: ${pull.url}`,
        retryAfter: pollIntervalOf(config.pollInterval, STANDARD_INTERVAL),
      };
    if (!pull.merged)
      throw new TerminalStepError(`pull request ${prNumber} was closed without being merged`, { status: 'Failed', output });
    return { status: 'Succeeded', output };
  },
};

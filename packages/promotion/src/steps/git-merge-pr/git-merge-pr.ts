import { PullRequestError } from '@kargo/integrations';
import type { Step } from '../../step.ts';
import { TerminalStepError } from '../../step.ts';
import {
  pollIntervalOf,
  pollIntervalSchema,
  prNumberSchema,
  repositoryOf,
  repositoryProperties,
  type RepositoryConfig,
} from '../git/pull-requests.ts';
import { flag, object, text } from '../schema.ts';

export interface GitMergePRConfig extends RepositoryConfig {
  prNumber: number;
  mergeMethod?: string | undefined;
  wait?: boolean | undefined;
  pollInterval?: string | undefined;
}

const STANDARD_INTERVAL = 10_000;

/**
 * Merges a pull request; one that is merged already is a success. Output: `commit`, the commit that the target branch got, empty where
 * the provider does not tell. What the provider refuses is final; trouble on the way to it is not.
 */
export const gitMergePR: Step<GitMergePRConfig> = {
  name: 'git-merge-pr',
  workspace: 'none',
  outputs: { commit: { type: 'string', description: 'The commit that the target branch got.' } },
  configSchema: object(
    {
      ...repositoryProperties,
      prNumber: prNumberSchema,
      mergeMethod: text('How to merge; which ways there are depends on the provider.'),
      wait: flag('Try again later, rather than fail, while the pull request cannot be merged.'),
      pollInterval: pollIntervalSchema('How often to try with `wait`. Default 10s.'),
    },
    ['repoURL', 'prNumber'],
    { title: 'GitMergePRConfig' },
  ),

  async run(context, ports) {
    const { config, signal } = context;
    const { prNumber, mergeMethod: method } = config;
    const repository = await repositoryOf(context, ports);
    try {
      const outcome = await ports.pullRequests.merge(repository, prNumber, { method, signal });
      if (outcome.kind === 'merged') return { status: 'Succeeded', output: { commit: outcome.pullRequest.mergeCommit ?? '' } };
      if (config.wait === true)
        return {
          status: 'Running',
          waitingFor: `pull request ${prNumber} to become ready to merge: ${outcome.reason}`,
          retryAfter: pollIntervalOf(config.pollInterval, STANDARD_INTERVAL),
        };
      throw new TerminalStepError(
        `pull request ${prNumber} is not ready to merge and wait is disabled: ${outcome.reason}; set wait: true to wait for it`,
        { status: 'Failed' },
      );
    } catch (error) {
      if (!(error instanceof PullRequestError) || error.transient || error.code === 'aborted') throw error;
      throw new TerminalStepError(error.message, { status: 'Failed', cause: error });
    }
  },
};

/** What the steps about pull requests have in common. */
import { parseDuration } from '@kargo/gocompat';
import { GIT_PROVIDERS, type GitProvider, type PullRequest, type PullRequestRepository } from '@kargo/integrations';
import type { Json } from '@kargo/api';
import type { ConfigSchema, StepContext, StepPorts } from '../../step.ts';
import { flag, text } from '../schema.ts';

/** Where pull requests are. */
export interface RepositoryConfig {
  repoURL: string;
  provider?: GitProvider | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
}

export const repositoryProperties: Record<string, ConfigSchema> = {
  repoURL: text('URL of the repository.', { format: 'uri' }),
  provider: { type: 'string', description: 'Provider of the repository, if its host does not tell.', enum: GIT_PROVIDERS },
  insecureSkipTLSVerify: flag('Accept any certificate of the server.'),
};

export const prNumberSchema: ConfigSchema = { type: 'integer', description: 'Number of the pull request.', minimum: 1 };

/** A Go duration such as `1m30s`. */
export function pollIntervalSchema(description: string): ConfigSchema {
  return { type: 'string', description, pattern: '^(?:\\d+(ns|us|µs|ms|s|m|h))+$' };
}

/** Milliseconds of a poll interval. */
export function pollIntervalOf(interval: string | undefined, standard: number): number {
  return interval === undefined || interval === '' ? standard : parseDuration(interval);
}

/** The repository with the credentials of the project for it. */
export async function repositoryOf(
  { project, config }: Pick<StepContext<RepositoryConfig>, 'project' | 'config'>,
  { credentials }: Pick<StepPorts, 'credentials'>,
): Promise<PullRequestRepository> {
  const { repoURL, provider, insecureSkipTLSVerify } = config;
  const found = await credentials.find({ project, type: 'git', repoURL });
  return {
    url: repoURL,
    provider,
    insecureSkipTLSVerify,
    ...(found === undefined ? {} : { credentials: { username: found.username, password: found.password } }),
  };
}

/** What steps tell about a pull request in their output `pr`. */
export function prOutput({ number, url, open, merged }: PullRequest): Record<string, Json> {
  return { id: number, url, open, merged };
}

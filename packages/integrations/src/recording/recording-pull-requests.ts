import { displayURL } from '../git/remote-url.ts';
import type { PullRequest, PullRequests } from '../pull-requests/port.ts';
import type { Recorder } from './effects.ts';

/** Numbers of pull requests that were only recorded begin here, far above all real ones. */
const FIRST_NUMBER = 1_000_000_000;

/**
 * Pull requests of which none is opened or merged: what exists is read, the rest is recorded. One that would be opened can be read
 * afterwards, and stays open; one that would be merged counts as merged, by a commit that nobody knows yet.
 */
export function recordingPullRequests(pullRequests: PullRequests, record: Recorder): PullRequests {
  const made = new Map<number, PullRequest>();
  const merged = new Set<string>();
  const asMerged = (pull: PullRequest): PullRequest => ({ ...pull, open: false, merged: true });
  const get: PullRequests['get'] = async (repository, number, options) => {
    const pull = made.get(number) ?? (await pullRequests.get(repository, number, options));
    return merged.has(`${repository.url} ${number}`) ? asMerged(pull) : pull;
  };
  return {
    list: (repository, query, options) => pullRequests.list(repository, query, options),
    get,
    async create(repository, request) {
      const number = FIRST_NUMBER + made.size;
      const url = displayURL(repository.url);
      const { sourceBranch, targetBranch, title, description, labels = [] } = request;
      record({ kind: 'pullRequest', url, sourceBranch, targetBranch, title, description, labels });
      const pull: PullRequest = { number, url, open: true, merged: false, draft: false };
      made.set(number, pull);
      return pull;
    },
    async merge(repository, number, { method, signal } = {}) {
      const pull = await get(repository, number, { signal });
      if (!pull.merged && !pull.open) return pullRequests.merge(repository, number, { method, signal });
      if (!pull.merged) {
        record({
          kind: 'mergePullRequest',
          url: displayURL(repository.url),
          number,
          ...(method === undefined ? {} : { method }),
        });
        merged.add(`${repository.url} ${number}`);
      }
      return { kind: 'merged', pullRequest: asMerged(pull) };
    },
  };
}

import { NO_JSON, nothing, refused, UNAUTHORIZED, type Provider, type Reading } from '../delivery.ts';
import { changedPaths, commitsOf, gitNews } from '../git-news.ts';
import { numberAt, payloadOf, textAt, texts, type Payload } from '../payload.ts';
import { isSameSecret } from '../signature.ts';

/** Pushes of branches and tags, and closed merge requests of GitLab. */
export const gitlab: Provider = ({ headers, body }, { secret, isTrusted = false }) => {
  if (!isTrusted && !isSameSecret(headers['x-gitlab-token'] ?? '', secret)) return UNAUTHORIZED;
  const event = headers['x-gitlab-event'] ?? '';
  if (!['Push Hook', 'Tag Push Hook', 'Merge Request Hook'].includes(event))
    return refused(400, `event type ${event} is not supported`);
  const payload = payloadOf(body);
  if (payload === undefined) return NO_JSON;
  return event === 'Merge Request Hook' ? mergeRequest(payload) : push(payload, event === 'Push Hook');
};

function push(payload: Payload, isBranch: boolean): Reading {
  const urls = texts(textAt(payload, 'repository', 'git_http_url'), textAt(payload, 'repository', 'git_ssh_url'));
  const ref = textAt(payload, 'ref');
  if (urls.length === 0 || ref === undefined) return refused(400, 'the push names no repository or no ref');
  const commits = commitsOf(payload);
  // Only the newest twenty are in the payload.
  const isComplete = (numberAt(payload, 'total_commits_count') ?? commits.length) <= commits.length;
  const paths = isBranch ? changedPaths(commits, isComplete) : undefined;
  const defaultBranch = textAt(payload, 'project', 'default_branch');
  return { kind: 'news', news: [gitNews({ urls, refs: [ref], defaultBranch, paths })] };
}

function mergeRequest(payload: Payload): Reading {
  const action = textAt(payload, 'object_attributes', 'action');
  if (action !== 'close' && action !== 'merge') return nothing();
  const url = textAt(payload, 'object_attributes', 'url');
  return url === undefined ? refused(400, 'the merge request has no url') : { kind: 'pullRequests', urls: [url] };
}

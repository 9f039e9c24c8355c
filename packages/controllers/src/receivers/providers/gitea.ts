import { NO_JSON, nothing, refused, UNAUTHORIZED, type Provider, type Reading } from '../delivery.ts';
import { changedPaths, commitsOf, gitNews } from '../git-news.ts';
import { at, numberAt, payloadOf, textAt, texts, type Payload } from '../payload.ts';
import { isSignedBy } from '../signature.ts';

/** Pushes and closed pull requests of Gitea (and Forgejo, which sends the same). */
export const gitea: Provider = ({ headers, body }, { secret, isTrusted = false }) => {
  const event = headers['x-gitea-event'] ?? '';
  if (event !== 'push' && event !== 'pull_request') return refused(501, `event type ${event} is not supported`);
  if (!isTrusted && !isSignedBy(headers['x-hub-signature-256'], body, secret, 'sha256=')) return UNAUTHORIZED;
  const payload = payloadOf(body);
  if (payload === undefined) return NO_JSON;
  return event === 'push' ? push(payload) : pullRequest(payload);
};

function push(payload: Payload): Reading {
  const urls = texts(textAt(payload, 'repository', 'clone_url'), textAt(payload, 'repository', 'ssh_url'));
  const ref = textAt(payload, 'ref');
  if (urls.length === 0 || ref === undefined) return refused(400, 'the push names no repository or no ref');
  const commits = commitsOf(payload);
  const total = numberAt(payload, 'total_commits');
  const paths = changedPaths([...commits, at(payload, 'head_commit')], total === undefined || total <= commits.length);
  const defaultBranch = textAt(payload, 'repository', 'default_branch');
  return { kind: 'news', news: [gitNews({ urls, refs: [ref], defaultBranch, paths })] };
}

function pullRequest(payload: Payload): Reading {
  if (textAt(payload, 'action') !== 'closed') return nothing();
  const url = textAt(payload, 'pull_request', 'html_url');
  return url === undefined ? refused(400, 'the pull request has no html_url') : { kind: 'pullRequests', urls: [url] };
}

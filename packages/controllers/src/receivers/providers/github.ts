import { NO_JSON, nothing, refused, UNAUTHORIZED, type Provider, type Reading } from '../delivery.ts';
import { changedPaths, commitsOf, gitNews } from '../git-news.ts';
import { typesOf } from '../media-type.ts';
import { at, payloadOf, textAt, texts, type Payload } from '../payload.ts';
import { isSignedBy } from '../signature.ts';

/** GitHub lists no more commits than this in a push. */
const MOST_COMMITS = 2048;
const EVENTS = new Set(['ping', 'push', 'pull_request', 'package', 'registry_package']);

/** Pushes, closed pull requests and published containers of GitHub. */
export const github: Provider = ({ headers, body }, { secret, isTrusted = false }) => {
  const event = headers['x-github-event'] ?? '';
  if (!EVENTS.has(event)) return refused(400, `event type ${event} is not supported`);
  if (!isTrusted && !isSignedBy(headers['x-hub-signature-256'], body, secret, 'sha256=')) return UNAUTHORIZED;
  const payload = payloadOf(body);
  if (payload === undefined) return NO_JSON;
  if (event === 'ping') return nothing('ping event received, webhook is configured correctly');
  if (event === 'push') return push(payload);
  return event === 'pull_request' ? pullRequest(payload) : published(payload, event);
};

function push(payload: Payload): Reading {
  const urls = texts(textAt(payload, 'repository', 'clone_url'), textAt(payload, 'repository', 'ssh_url'));
  const ref = textAt(payload, 'ref');
  if (urls.length === 0 || ref === undefined) return refused(400, 'the push names no repository or no ref');
  const commits = commitsOf(payload);
  const paths = changedPaths([...commits, at(payload, 'head_commit')], commits.length < MOST_COMMITS);
  const defaultBranch = textAt(payload, 'repository', 'default_branch');
  return { kind: 'news', news: [gitNews({ urls, refs: [ref], defaultBranch, paths })] };
}

function pullRequest(payload: Payload): Reading {
  if (textAt(payload, 'action') !== 'closed') return nothing();
  const url = textAt(payload, 'pull_request', 'html_url');
  return url === undefined ? refused(400, 'the pull request has no html_url') : { kind: 'pullRequests', urls: [url] };
}

function published(payload: Payload, event: string): Reading {
  const action = textAt(payload, 'action');
  if (action !== 'published' && action !== 'updated') return nothing();
  const found = at(payload, event);
  const version = at(found, 'package_version');
  if (found === undefined || found === null || version === undefined || version === null)
    return refused(400, 'the payload has no package or no package version');
  const type = textAt(found, 'package_type')?.toUpperCase();
  if (type !== 'CONTAINER' && type !== 'DOCKER') return nothing();
  const url = textAt(version, 'package_url');
  if (url === undefined) return refused(400, 'the package version has no package_url');
  const tag = textAt(version, 'container_metadata', 'tag', 'name');
  const mediaType = textAt(version, 'container_metadata', 'manifest', 'config', 'media_type');
  const repository = withoutTag(url, tag);
  return { kind: 'news', news: [{ types: typesOf(mediaType), urls: [repository], refs: tag === undefined ? undefined : [tag] }] };
}

/** `ghcr.io/acme/web:1.0` and, for a version without a tag, `ghcr.io/acme/web:`. */
function withoutTag(url: string, tag: string | undefined): string {
  if (tag !== undefined && url.endsWith(`:${tag}`)) return url.slice(0, -tag.length - 1);
  return url.replace(/:$/, '');
}

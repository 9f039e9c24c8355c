import { NO_JSON, nothing, refused, UNAUTHORIZED, type Provider, type Reading } from '../delivery.ts';
import { gitNews } from '../git-news.ts';
import { at, listAt, payloadOf, textAt, texts, type Payload } from '../payload.ts';
import { isSignedBy } from '../signature.ts';

/** Where Bitbucket Cloud and Bitbucket Data Center put the page of a pull request. */
const PULL_REQUESTS: Readonly<Record<string, (payload: Payload) => string | undefined>> = {
  'pullrequest:fulfilled': cloudPage,
  'pullrequest:rejected': cloudPage,
  'pr:merged': serverPage,
  'pr:declined': serverPage,
};

/** Pushes and closed pull requests of Bitbucket Cloud and of Bitbucket Data Center. */
export const bitbucket: Provider = ({ headers, body }, { secret, isTrusted = false }) => {
  const event = headers['x-event-key'] ?? '';
  const isPing = event === 'diagnostics:ping';
  const pageOf = Object.hasOwn(PULL_REQUESTS, event) ? PULL_REQUESTS[event] : undefined;
  if (event !== 'repo:push' && event !== 'repo:refs_changed' && pageOf === undefined && !isPing)
    return refused(400, `event type ${event} is not supported`);
  // Data Center does not sign the connection test.
  if (isPing) return nothing('ping event received, webhook is reachable');
  if (!isTrusted && !isSignedBy(headers['x-hub-signature'], body, secret, 'sha256=')) return UNAUTHORIZED;
  const payload = payloadOf(body);
  if (payload === undefined) return NO_JSON;
  if (pageOf === undefined) return event === 'repo:push' ? cloudPush(payload) : serverPush(payload);
  const url = pageOf(payload);
  return url === undefined ? refused(400, 'the pull request has no link to its page') : { kind: 'pullRequests', urls: [url] };
};

function cloudPush(payload: Payload): Reading {
  const url = textAt(payload, 'repository', 'links', 'html', 'href');
  if (url === undefined) return refused(400, 'the push names no repository');
  const refs = listAt(payload, 'push', 'changes').flatMap((change) => {
    const name = textAt(change, 'new', 'name');
    if (name === undefined) return []; // Deleted.
    return [`refs/${textAt(change, 'new', 'type') === 'tag' ? 'tags' : 'heads'}/${name}`];
  });
  if (refs.length === 0) return nothing('nothing but deletions');
  const host = /^https?:\/\/([^/]+)\/(.+)$/.exec(url);
  const ssh = host === null ? undefined : `git@${host[1]}:${host[2]}.git`;
  return { kind: 'news', news: [gitNews({ urls: texts(url, ssh), refs })] };
}

function serverPush(payload: Payload): Reading {
  const urls = listAt(payload, 'repository', 'links', 'clone').flatMap((link) => texts(textAt(link, 'href')));
  if (urls.length === 0) return refused(400, 'the push names no repository');
  const refs = listAt(payload, 'changes').flatMap((change) =>
    textAt(change, 'type') === 'DELETE' ? [] : texts(textAt(change, 'ref', 'id')),
  );
  return refs.length === 0 ? nothing('nothing but deletions') : { kind: 'news', news: [gitNews({ urls, refs })] };
}

function cloudPage(payload: Payload): string | undefined {
  return textAt(payload, 'pullrequest', 'links', 'html', 'href');
}

function serverPage(payload: Payload): string | undefined {
  return textAt(listAt(at(payload, 'pullRequest', 'links'), 'self')[0], 'href');
}

import { NO_JSON, nothing, refused, type Provider, type Reading } from '../delivery.ts';
import { gitNews } from '../git-news.ts';
import { typesOf } from '../media-type.ts';
import { listAt, payloadOf, textAt, texts, type Payload } from '../payload.ts';

/** A ref that does not exist any more is announced with this object. */
const GONE = /^0+$/;

/** Azure Container Registry and Azure DevOps. Neither signs: the URL is the secret. */
export const azure: Provider = ({ headers, body }) => {
  const sender = headers['user-agent'] ?? '';
  const isRegistry = sender.startsWith('AzureContainerRegistry');
  if (!isRegistry && !sender.startsWith('VSServices'))
    return refused(400, 'request does not appear to have originated from a supported service');
  const payload = payloadOf(body);
  if (payload === undefined) return NO_JSON;
  return isRegistry ? registry(payload) : devops(payload);
};

function registry(payload: Payload): Reading {
  const action = textAt(payload, 'action');
  if (action === 'ping') return nothing('ping event received, webhook is configured correctly');
  if (action !== 'push' && action !== 'chart_push') return refused(400, `action ${action ?? ''} is not supported`);
  const [host, repository] = [textAt(payload, 'request', 'host'), textAt(payload, 'target', 'repository')];
  if (host === undefined || repository === undefined) return refused(400, 'the push names no repository');
  const tag = textAt(payload, 'target', 'tag');
  const types = action === 'chart_push' ? (['chart'] as const) : typesOf(textAt(payload, 'target', 'mediaType'));
  return { kind: 'news', news: [{ types, urls: [`${host}/${repository}`], refs: tag === undefined ? undefined : [tag] }] };
}

function devops(payload: Payload): Reading {
  switch (textAt(payload, 'eventType')) {
    case 'git.push':
      return push(payload);
    case 'git.pullrequest.merged':
      return textAt(payload, 'resource', 'status') === 'conflicts' ? nothing() : pullRequest(payload);
    case 'git.pullrequest.updated':
      return ['abandoned', 'completed'].includes(textAt(payload, 'resource', 'status') ?? '') ? pullRequest(payload) : nothing();
    default:
      return refused(400, `event type ${textAt(payload, 'eventType') ?? ''} is not supported`);
  }
}

function push(payload: Payload): Reading {
  const url = textAt(payload, 'resource', 'repository', 'remoteUrl');
  if (url === undefined) return refused(400, 'the push names no repository');
  const refs = listAt(payload, 'resource', 'refUpdates').flatMap((update) =>
    GONE.test(textAt(update, 'newObjectId') ?? '') ? [] : texts(textAt(update, 'name')),
  );
  if (refs.length === 0) return nothing('nothing but deletions');
  const defaultBranch = textAt(payload, 'resource', 'repository', 'defaultBranch')?.replace(/^refs\/heads\//, '');
  const ssh = textAt(payload, 'resource', 'repository', 'sshUrl');
  return { kind: 'news', news: [gitNews({ urls: texts(url, ssh), refs, defaultBranch })] };
}

function pullRequest(payload: Payload): Reading {
  const url = textAt(payload, 'resource', '_links', 'web', 'href');
  return url === undefined ? refused(400, 'the pull request has no link to its page') : { kind: 'pullRequests', urls: [url] };
}

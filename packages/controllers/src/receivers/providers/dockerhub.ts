import { NO_JSON, refused, type Provider } from '../delivery.ts';
import { typesOf } from '../media-type.ts';
import { payloadOf, textAt } from '../payload.ts';

/** Pushes to Docker Hub. It does not sign: the URL is the secret. */
export const dockerhub: Provider = ({ body }) => {
  const payload = payloadOf(body);
  if (payload === undefined) return NO_JSON;
  const url = textAt(payload, 'repository', 'repo_name');
  if (url === undefined) return refused(400, 'the push names no repository');
  const tag = textAt(payload, 'push_data', 'tag');
  const types = typesOf(textAt(payload, 'push_data', 'media_type'));
  return { kind: 'news', news: [{ types, urls: [url], refs: tag === undefined ? undefined : [tag] }] };
};

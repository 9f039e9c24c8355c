import { boundedRefs, NO_JSON, refused, type Provider } from '../delivery.ts';
import { payloadOf, textAt, textsAt } from '../payload.ts';

/** Pushes to Quay. It does not sign: the URL is the secret. */
export const quay: Provider = ({ body }) => {
  const payload = payloadOf(body);
  if (payload === undefined) return NO_JSON;
  const url = textAt(payload, 'docker_url');
  if (url === undefined) return refused(400, 'the push names no repository: docker_url is missing');
  const tags = textsAt(payload, 'updated_tags');
  return {
    kind: 'news',
    news: [{ types: ['image', 'chart'], urls: [url], refs: tags.length === 0 ? undefined : boundedRefs(tags) }],
  };
};

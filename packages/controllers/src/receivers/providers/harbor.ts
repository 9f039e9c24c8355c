import { boundedRefs, NO_JSON, refused, UNAUTHORIZED, type Provider } from '../delivery.ts';
import { listAt, payloadOf, textAt, texts } from '../payload.ts';
import { isSameSecret } from '../signature.ts';

/** Pushes to Harbor, in its default format. */
export const harbor: Provider = ({ headers, body }, { secret, isTrusted = false }) => {
  if (!isTrusted && !isSameSecret(headers['authorization'] ?? '', secret)) return UNAUTHORIZED;
  const payload = payloadOf(body);
  if (payload === undefined) return NO_JSON;
  const type = textAt(payload, 'type') ?? '';
  if (type !== 'PUSH_ARTIFACT') return refused(400, `event type ${type} is not supported`);
  const resources = listAt(payload, 'event_data', 'resources');
  const url = textAt(resources[0], 'resource_url');
  if (url === undefined) return refused(400, 'the push names no resource');
  const tags = resources.flatMap((resource) => texts(textAt(resource, 'tag')));
  const repository = withoutReference(url);
  return {
    kind: 'news',
    news: [{ types: ['image', 'chart'], urls: [repository], refs: tags.length === 0 ? undefined : boundedRefs(tags) }],
  };
};

/** `harbor.acme.io/library/web:1.0` or `…/web@sha256:…` without what comes after the repository. */
function withoutReference(url: string): string {
  const [name = ''] = url.split('@', 1);
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

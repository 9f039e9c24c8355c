import { NO_JSON, nothing, refused, UNAUTHORIZED, type Provider } from '../delivery.ts';
import { at, payloadOf, textAt } from '../payload.ts';
import { isSignedBy } from '../signature.ts';

/** Pushes of Docker and OCI artifacts to Artifactory. */
export const artifactory: Provider = ({ headers, body }, { secret, isTrusted = false, virtualRepository }) => {
  if (!isTrusted && !isSignedBy(headers['x-jfrog-event-auth'], body, secret)) return UNAUTHORIZED;
  const payload = payloadOf(body);
  if (payload === undefined) return NO_JSON;
  const [domain, event] = [textAt(payload, 'domain') ?? '', textAt(payload, 'event_type') ?? ''];
  if (domain !== 'docker' || event !== 'pushed') return refused(501, `event ${domain} ${event} is not supported`);
  const data = at(payload, 'data');
  const type = textAt(data, 'image_type') ?? '';
  if (type !== 'docker' && type !== 'oci') return nothing(`images of type ${type} are of no interest`);
  const host = hostOf(textAt(payload, 'jpd_origin') ?? '');
  const repository = virtualRepository ?? textAt(data, 'repo_key');
  // Ends in the tag and the name of the manifest.
  const image = (textAt(data, 'path') ?? '').split('/').slice(0, -2).join('/');
  if (host === undefined || repository === undefined || image === '') return refused(400, 'the push names no repository');
  const tag = textAt(data, 'tag');
  return {
    kind: 'news',
    news: [
      {
        types: type === 'docker' ? ['image'] : ['image', 'chart'],
        urls: [`${host}/${repository}/${image}`],
        refs: tag === undefined ? undefined : [tag],
      },
    ],
  };
};

function hostOf(origin: string): string | undefined {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]+)/i.exec(origin)?.[1];
}

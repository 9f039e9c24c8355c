import { labels, type Secret } from '@kargo/api';
import { badRequest } from '../http/http-error.ts';
import { textField } from '../http/request-body.ts';
import type { CredentialFlavour } from './credential-flavour.ts';
import { encoded, patchedMetadata, replacedMetadata, type Entries } from './entries.ts';
import { REPOSITORY_TYPES, type RepositoryType } from './secrets.ts';

/** Credentials of git, chart and image repositories. */
export const repositoryCredentials: CredentialFlavour = {
  path: 'repo-credentials',
  types: REPOSITORY_TYPES,
  gatesReading: false,

  create(body, metadata) {
    const { type, data } = complete(body);
    const named = { ...metadata, labels: { [labels.credType]: type } };
    return { metadata: replacedMetadata(named, { ...body, replicate: false }), data: encoded(data) };
  },

  replace(body) {
    const { type, data } = complete(body);
    return (stored) => {
      const { repoURL: _url, repoURLIsRegex: _regex, username: _user, password: _password, ...others } = stored.data ?? {};
      const metadata = patchedMetadata(stored.metadata, { description: '', ...body });
      return { ...stored, metadata: withType(metadata, type), data: { ...others, ...encoded(data) } };
    };
  },

  patch(body) {
    const type = textField(body, 'type') === undefined ? undefined : typeIn(body);
    const changes = fieldsIn(body);
    return (stored) => {
      const data = { ...stored.data, ...encoded(changes) };
      // Whether a URL is a pattern goes with the URL.
      if (changes['repoURL'] !== undefined && changes['repoURLIsRegex'] === undefined) delete data['repoURLIsRegex'];
      const metadata = patchedMetadata(stored.metadata, body);
      return { ...stored, metadata: type === undefined ? metadata : withType(metadata, type), data };
    };
  },
};

/** All that credentials need. Fails with 400 for the first thing that is missing. */
function complete(body: Record<string, unknown>): { type: RepositoryType; data: Entries } {
  const type = typeIn(body);
  for (const field of ['repoUrl', 'username', 'password'])
    if (textField(body, field) === undefined) throw badRequest(`${field} should not be empty`);
  return { type, data: fieldsIn(body) };
}

/** The fields of a body under the names that Secrets use; empty ones are not given. */
function fieldsIn(body: Record<string, unknown>): Entries {
  const [repoURL, username, password] = [textField(body, 'repoUrl'), textField(body, 'username'), textField(body, 'password')];
  return {
    ...(repoURL === undefined ? {} : { repoURL, ...(body['repoUrlIsRegex'] === true ? { repoURLIsRegex: 'true' } : {}) }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

function typeIn(body: Record<string, unknown>): RepositoryType {
  const type = textField(body, 'type') ?? '';
  const found = REPOSITORY_TYPES.find((known) => known === type);
  if (found === undefined) throw badRequest(`type ${JSON.stringify(type)} is not one of ${REPOSITORY_TYPES.join(', ')}`);
  return found;
}

function withType(metadata: Secret['metadata'], type: RepositoryType): Secret['metadata'] {
  return { ...metadata, labels: { ...metadata.labels, [labels.credType]: type } };
}

import { labels, type Secret } from '@kargo/api';
import { HttpError } from '../http/http-error.ts';
import type { Services } from '../services.ts';

/** Types of credentials, as the label of their Secrets names them. */
export const REPOSITORY_TYPES = ['git', 'helm', 'image'] as const;
export type RepositoryType = (typeof REPOSITORY_TYPES)[number];

/** Fails with 501 where Secrets are managed elsewhere. */
export function requireSecretManagement({ config }: Services): void {
  if (!config.secretManagement) throw new HttpError(501, 'secret management is not enabled');
}

/** Fails with 409 for a Secret that holds something else. */
export function requireType(secret: Secret, types: readonly string[]): Secret {
  const type = secret.metadata.labels?.[labels.credType] ?? '';
  if (types.includes(type)) return secret;
  throw new HttpError(
    409,
    `Secret "${secret.metadata.name ?? ''}" exists but holds no such credentials: its label ${labels.credType} is ${type === '' ? 'missing' : `"${type}"`}, not ${types.join(', ')}`,
  );
}

/** Selects the Secrets that hold credentials of one of `types`. */
export function typeSelector(types: readonly string[]): string {
  return `${labels.credType} in (${types.join(',')})`;
}

import { labels, type Secret } from '@kargo/api';

/** The value of a key of a Secret as text. Absent if there is none. */
export function dataOf(secret: Secret, key: string): string | undefined {
  const plain = secret.stringData?.[key];
  if (plain !== undefined) return plain;
  const encoded = secret.data?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

/** What a Secret says it holds credentials for. */
export function typeOf(secret: Secret): string | undefined {
  return secret.metadata.labels?.[labels.credType];
}

export function nameOf({ metadata }: Secret): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}

/** In the order in which they are considered. */
export function byName(secrets: readonly Secret[]): Secret[] {
  return secrets.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
}

import { normalizeChartURL, normalizeGitURL, normalizeImageURL, type Secret } from '@kargo/api';
import { compileRE2, ParseError } from '@kargo/gocompat';
import type { CredentialsQuery } from '@kargo/integrations';
import { dataOf } from './secret-data.ts';

/** Whether a Secret is about a repository, and why. */
export interface RepositoryMatch {
  matches: boolean;
  /** For a person, about `repoURL` of the Secret: `it is this repository`. */
  why: string;
  /** What is wrong with the pattern, if that cannot be read. */
  broken?: string | undefined;
}

type Normalize = (url: string) => string;
const NORMALIZE: Record<CredentialsQuery['type'], Normalize> = {
  git: normalizeGitURL,
  helm: normalizeChartURL,
  image: normalizeImageURL,
};

/** A URL without user information. */
export function shownURL(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1');
}

/** Compares `repoURL` of a Secret with the repository asked for: as the same one however it is spelled, or by pattern. */
export function matchRepository(secret: Secret, { type, repoURL }: Pick<CredentialsQuery, 'type' | 'repoURL'>): RepositoryMatch {
  const pattern = dataOf(secret, 'repoURL') ?? '';
  if (pattern === '') return { matches: false, why: 'it has no repoURL' };
  const normalize = NORMALIZE[type];
  if (dataOf(secret, 'repoURLIsRegex') !== 'true') {
    const matches = normalize(pattern) === normalize(repoURL);
    return {
      matches,
      why: matches ? 'its repoURL is this repository' : `its repoURL is another repository, ${shownURL(pattern)}`,
    };
  }
  try {
    const regex = compileRE2(pattern);
    const raw = regex.test(repoURL);
    const matches = raw || regex.test(normalize(repoURL));
    if (matches) return { matches, why: `its pattern ${pattern} matches ${shownURL(raw ? repoURL : normalize(repoURL))}` };
    return { matches, why: `its pattern ${pattern} matches neither ${shownURL(repoURL)} nor ${shownURL(normalize(repoURL))}` };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { matches: false, why: `its repoURL is no valid pattern: ${error.message}`, broken: error.message };
  }
}

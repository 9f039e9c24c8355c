import { didYouMean } from '@kargo/api';

/** The suggestion of a finding about a name that is not known; absent if nothing known is like it. */
export function suggestionFor(word: string, known: Iterable<string>): { suggestion?: string } {
  const suggestion = didYouMean(word, known);
  return suggestion === undefined ? {} : { suggestion };
}

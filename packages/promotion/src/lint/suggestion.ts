import { didYouMean } from '@kargo/api';

/** How many of the known names are looked at: each takes its time for each name that is not known, and what is checked may hold thousands of both. */
const MOST = 500;

/** The suggestion of a finding about a name that is not known; absent if nothing known, of the first {@link MOST}, is like it. */
export function suggestionFor(word: string, known: Iterable<string>): { suggestion?: string } {
  const suggestion = didYouMean(word, Iterator.from(known).take(MOST));
  return suggestion === undefined ? {} : { suggestion };
}

import { didYouMean } from '@kargo/api';
import type { StepFinding } from './finding.ts';

/** How many of the known names are looked at: each takes its time for each name that is not known, and what is checked may hold thousands of both. */
const MOST = 500;

/** What a finding says of a name that is not known: those that are, the first {@link MOST} of them, and which of them may be meant. */
export function unknownName(name: string, known: Iterable<string>): Pick<StepFinding, 'unknown' | 'suggestion'> {
  const some = [...Iterator.from(known).take(MOST)];
  return { unknown: { name, known: some }, ...suggestionFor(name, some) };
}

/** The suggestion of a finding about a name that is not known; absent if nothing known, of the first {@link MOST}, is like it. */
export function suggestionFor(word: string, known: Iterable<string>): { suggestion?: string } {
  const suggestion = didYouMean(word, Iterator.from(known).take(MOST));
  return suggestion === undefined ? {} : { suggestion };
}

import { didYouMean } from '@kargo/api';

/** `: did you mean "x"?`, or nothing. */
export function suggestion(word: string, known: Iterable<string>): string {
  const meant = didYouMean(word, known);
  return meant === undefined ? '' : `: ${meant}`;
}

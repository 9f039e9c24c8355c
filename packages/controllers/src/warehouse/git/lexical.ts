import { tagStrategy } from './tag-strategy.ts';

/** Tags in descending order of their text. */
export const lexical = tagStrategy((tags) => tags.toSorted((a, b) => (a.name < b.name ? 1 : -1)));

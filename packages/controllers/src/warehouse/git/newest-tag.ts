import { tagStrategy } from './tag-strategy.ts';

/** Tags by the time they were made, the newest first; of those made together the greater text first. */
export const newestTag = tagStrategy((tags) =>
  tags.toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt) || (a.name < b.name ? 1 : -1)),
);

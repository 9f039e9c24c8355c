/** The message of a commit out of what steps say about themselves: none, one as it is, or a list of several. */
export function composeMessage(fragments: readonly string[]): string {
  const [only] = fragments;
  if (only === undefined) return 'Kargo made some changes';
  if (fragments.length === 1) return only;
  return `Kargo applied multiple changes\n\nIncluding:${fragments.map((fragment) => `\n  * ${fragment}`).join('')}`;
}

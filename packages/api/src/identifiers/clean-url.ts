/** Removes everything invisible (all but letters, marks, numbers, punctuation, symbols and the ASCII space), then trims. */
export function cleanURL(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '').trim();
}

/** Lower case, character by character and without regard to context, as Go does it. */
export function lowerCase(text: string): string {
  let out = '';
  for (const character of text) {
    const [first = ''] = character.toLowerCase();
    out += first;
  }
  return out;
}

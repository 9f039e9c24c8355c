const MAX_SUBJECT = 80;

/** The first line of a message, cut to what fits in a list. */
export function shortSubject(message: string): string {
  const [line = ''] = message.split('\n');
  const bytes = Buffer.from(line, 'utf8');
  if (bytes.length <= MAX_SUBJECT) return line;
  // A character that the cut splits is left out as a whole.
  return `${bytes
    .subarray(0, MAX_SUBJECT - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}...`;
}

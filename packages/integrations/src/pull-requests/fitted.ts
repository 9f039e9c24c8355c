const CUT = '\n\n… (cut off)\n\n';

/** A description of at most `max` characters: the middle goes, the last paragraph stays, as it tells where all of this comes from. */
export function fitted(description: string, max: number): string {
  if (description.length <= max) return description;
  const last = description.slice(description.lastIndexOf('\n\n') + 2);
  const tail = last.length > max / 2 ? '' : last;
  return `${beginning(description, max - CUT.length - tail.length)}${CUT}${tail}`;
}

/** A title of one line and at most `max` characters. */
export function shortTitle(title: string, max: number): string {
  const line = title.replaceAll(/\s*[\r\n]+\s*/g, ' ').trim();
  return line.length <= max ? line : `${beginning(line, max - 1).trimEnd()}…`;
}

/** At most so many UTF-16 units, and not the first half of a character at their end: providers refuse or replace that. */
function beginning(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** The name of a field for people: `repoURL` is Repo URL, `continueOnError` is Continue on error. */
export function labelOf(key: string): string {
  const words = key
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[ _-]/)
    .filter((word) => word !== '')
    .map((word, index) =>
      /^url$/i.test(word)
        ? 'URL'
        : /^[A-Z]{2,}s?$/.test(word)
          ? word
          : index === 0
            ? word.charAt(0).toUpperCase() + word.slice(1)
            : word.toLowerCase(),
    );
  return words.join(' ');
}

/** What one item of a list is called: `apps` has an app, `policies` a policy. */
export function singular(label: string): string {
  const lower = /^[A-Z]{2}/.test(label) ? label : label.charAt(0).toLowerCase() + label.slice(1);
  if (lower.endsWith('ies')) return `${lower.slice(0, -3)}y`;
  if (/(?:ches|shes|sses|xes|ces)$/.test(lower)) return lower.endsWith('ces') ? lower.slice(0, -1) : lower.slice(0, -2);
  return lower.endsWith('s') && !lower.endsWith('ss') ? lower.slice(0, -1) : lower;
}

/** A value in a few words, for where it is closed. */
export function summaryOf(value: unknown, limit = 60): string {
  const words: string[] = [];
  const collect = (each: unknown): void => {
    if (words.join(', ').length > limit || each === null || each === undefined) return;
    if (Array.isArray(each)) each.forEach(collect);
    else if (typeof each === 'object') Object.values(each).forEach(collect);
    else if (each !== '') words.push(String(each).split('\n', 1)[0] ?? '');
  };
  collect(value);
  const text = words.join(', ');
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** A description without the marks of Markdown. */
export function hintOf(description: string | undefined): string | undefined {
  return description === undefined || description === '' ? undefined : description.replaceAll('`', '');
}

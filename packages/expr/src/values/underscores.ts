/** Whether underscores in a number stand only between digits (or after a base prefix), as Go demands. */
export function isDigitsWithUnderscores(text: string): boolean {
  const body = text.replace(/^[+-]/, '');
  const hex = /^0[xX]/.test(body);
  const digit = hex ? '[\\da-fA-FxX]' : '\\d';
  return !new RegExp(`(^|[^_])_(?!${digit})|(?<!${digit})_|__`).test(body);
}

/**
 * Whether `name` can be the name of a branch or tag, by the rules of `git check-ref-format`. What passes is also safe as a relative
 * path below `refs/`.
 */
export function isRefName(name: string): boolean {
  if (name === '' || name === '@' || name.startsWith('-') || name.length > 240) return false;
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\.$|^\/|\/$/.test(name)) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

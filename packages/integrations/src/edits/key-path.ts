import { EditError } from './edit-error.ts';

/**
 * Splits a dotted key path such as `spec.containers.0.image`. `\.` and `\:` stand for the characters themselves; a colon before a part
 * says that it is a key even if it looks like a number, and is dropped. Fails with `EditError` `badPath`.
 */
export function parseKeyPath(key: string): string[] {
  const text = key.trim();
  if (text === '') throw new EditError('badPath', 'empty key');
  const fail = (why: string): never => {
    throw new EditError('badPath', `${why} in key ${JSON.stringify(text)}`);
  };
  const parts: string[] = [];
  let part = '';
  let begun = false;
  const end = (): void => {
    if (part === '') fail('empty key part');
    parts.push(part);
    part = '';
    begun = false;
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') {
      const next = text.charAt(at + 1);
      if (next === '') break;
      if (next !== '.' && next !== ':') fail('invalid escape sequence');
      part += next;
      begun = true;
      at += 1;
    } else if (char === '.') end();
    else if (char === ':') {
      if (begun) fail('unexpected colon');
      begun = true;
    } else {
      part += char;
      begun = true;
    }
  }
  end();
  return parts;
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

const ESCAPE = /\\(?:([abfnrtv\\])|(['"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/y;

/** The text inside a Go-quoted literal in single or double quotes, or undefined where an escape is invalid. */
export function unquote(literal: string): string | undefined {
  const quote = literal.charAt(0);
  const body = literal.slice(1, -1);
  if (literal.length < 2 || (quote !== '"' && quote !== "'") || !literal.endsWith(quote)) return undefined;
  const escape = new RegExp(ESCAPE, 'y');
  let out = '';
  for (let at = 0; at < body.length;) {
    const char = body.charAt(at);
    if (char === quote || char === '\n') return undefined;
    if (char !== '\\') {
      out += char;
      at += 1;
      continue;
    }
    escape.lastIndex = at;
    const match = escape.exec(body);
    if (match === null) return undefined;
    const [whole, simple, quoted, hex2, hex4, hex8, octal] = match;
    const code = hex2 ?? hex4 ?? hex8;
    const point = code === undefined ? Number.parseInt(octal ?? '0', 8) : Number.parseInt(code, 16);
    if (quoted !== undefined && quoted !== quote) return undefined;
    if (point > 0x10_ffff || (octal !== undefined && point > 255)) return undefined;
    out += simple === undefined ? (quoted ?? String.fromCodePoint(point)) : (SIMPLE[simple] ?? '');
    at += whole.length;
  }
  return out;
}

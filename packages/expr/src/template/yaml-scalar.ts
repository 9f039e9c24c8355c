/** Words that a YAML reader, of any version, takes for something other than a string. */
const WORDS = /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|y|Y|n|N|<<)$/;
const NUMBER =
  /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[\da-fA-F_]+|[\d][\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?|\.[\d_]+(?:[eE][-+]?\d+)?|\.(?:inf|Inf|INF))$/;
const NAN = /^\.(?:nan|NaN|NAN)$/;
const BASE60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
const DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?$/;

/** A string as a YAML scalar whose further lines, if any, are indented by `indent`. */
export function yamlScalar(text: string, indent: number): string {
  if (text === '') return '""';
  if (/[^\P{C}\n]|\ufeff/u.test(text)) return JSON.stringify(text);
  if (text.includes('\n')) return literalBlock(text, indent);
  if (isOtherType(text)) return `"${text}"`;
  return isPlain(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

function isOtherType(text: string): boolean {
  return WORDS.test(text) || NUMBER.test(text) || NAN.test(text) || BASE60.test(text) || DATE.test(text);
}

/** Whether a text may stand without quotes: no indicator at its start, none with a blank within, no blank at its ends. */
function isPlain(text: string): boolean {
  if (/^\s|\s$/.test(text)) return false;
  if (/^(?:[,[\]{}#&*!|>'"%@`]|[-?:](?:\s|$)|---|\.\.\.)/.test(text)) return false;
  return !/:(?:\s|$)|\s#/.test(text);
}

/** Several lines stand as they are, with a mark for how the text ends. */
function literalBlock(text: string, indent: number): string {
  let end = text.length;
  while (text[end - 1] === '\n') end--;
  const trimmed = text.slice(0, end);
  const ends = text.length - end;
  if (trimmed === '') return JSON.stringify(text);
  const mark = ends === 0 ? '-' : ends === 1 ? '' : '+';
  const width = Math.max(indent, 4);
  // A text that begins with a blank needs to be told how far it is indented.
  const hint = /^[ \n]/.test(text) ? String(Math.min(9, width)) : '';
  const lines = (ends > 1 ? text.slice(0, -1) : trimmed).split('\n');
  return `|${hint}${mark}\n${lines.map((line) => (line === '' ? '' : ' '.repeat(width) + line)).join('\n')}`;
}

/** Where an object or a list is being read. */
interface Frame {
  /** Names seen so far in an object; undefined in a list. */
  seen: string[] | Set<string> | undefined;
  /** The name or place of the value that is read now. */
  at: string;
  index: number;
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** At most this many are named. */
const MAX_NAMED = 100;

/** What `JSON.parse` does not tell of a text. */
export interface JsonScan {
  /** Paths of the names that stand more than once in an object. */
  duplicates: string[];
  /** Whether lists and objects are nested deeper than the limit; then `duplicates` says nothing. */
  tooDeep: boolean;
}

/** Goes through a JSON text, which must be valid, once. */
export function scanJSON(text: string, maxDepth: number): JsonScan {
  const found: string[] = [];
  const frames: Frame[] = [];
  let frame: Frame | undefined;
  let expectsName = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (expectsName && frame?.seen !== undefined) {
          const name = nameOf(text, at, end);
          frame.at = name;
          if (isSeen(frame.seen, name) && found.length < MAX_NAMED) found.push(pathOf(frames));
          frame.seen = withName(frame.seen, name);
          expectsName = false;
        }
        at = end;
        break;
      }
      case OPEN_OBJECT:
      case OPEN_LIST: {
        const isObject = text.charCodeAt(at) === OPEN_OBJECT;
        const next: Frame = { seen: isObject ? [] : undefined, at: '', index: 0 };
        frames.push(next);
        if (frames.length > maxDepth) return { duplicates: [], tooDeep: true };
        frame = next;
        expectsName = isObject;
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        frames.pop();
        frame = frames.at(-1);
        expectsName = false;
        break;
      case COMMA:
        if (frame === undefined) break;
        frame.index++;
        expectsName = frame.seen !== undefined;
        break;
      case COLON:
      default:
    }
  }
  return { duplicates: found, tooDeep: false };
}

/** Up to this many names a list is searched faster than a set. */
const FEW = 12;

function isSeen(seen: string[] | Set<string>, name: string): boolean {
  return Array.isArray(seen) ? seen.includes(name) : seen.has(name);
}

function withName(seen: string[] | Set<string>, name: string): string[] | Set<string> {
  if (!Array.isArray(seen)) return seen.add(name);
  if (seen.length >= FEW) return new Set(seen).add(name);
  seen.push(name);
  return seen;
}

function pathOf(frames: readonly Frame[]): string {
  let path = '';
  for (const { seen, at, index } of frames)
    if (seen === undefined) path += `[${index}]`;
    else path += path === '' ? at : `.${at}`;
  return path;
}

/** The place of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0 || end < 0) return end < 0 ? text.length : end;
  }
}

function nameOf(text: string, start: number, end: number): string {
  const name = text.slice(start + 1, end);
  return name.includes('\\') ? (JSON.parse(text.slice(start, end + 1)) as string) : name;
}

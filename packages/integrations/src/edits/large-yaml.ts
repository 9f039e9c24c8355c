import {
  COLLECTION_STYLE,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type Event,
  type ScalarEvent,
} from 'js-yaml';
import type { YamlValue } from './yaml-scalar-text.ts';

/** One value to be set. */
export interface LargeYamlUpdate {
  parts: readonly string[];
  value: YamlValue;
}

/** Changes values in a small text, exactly; fails with an error if that is not possible. */
type EditSmall = (text: string, updates: readonly LargeYamlUpdate[]) => string;

/** A piece of the text that is edited by itself. `first` to `last` (exclusive): its events; `nodes`: how many nodes these make. */
interface Piece {
  start: number;
  end: number;
  first: number;
  last: number;
  nodes: number;
  /** What stands around it while it is edited. */
  before: string;
  after: string;
  updates: LargeYamlUpdate[];
}

interface Place {
  event: number;
  /** Whether it stands in braces or brackets. */
  inFlow: boolean;
  /** The smallest piece of whole lines that is a document by itself, and the way to the value within it. */
  piece?: { start: number; end: number; first: number; last: number; nodes: number; parts: readonly string[] } | undefined;
}

/**
 * Edits a large text by editing only the pieces in which something changes, and then makes sure that everything around them still says the same.
 * Undefined where that is not possible, whatever the reason; editing the whole text then finds out. Takes about a tenth of that time. `absent` is
 * a path that leads nowhere in the text, which is fine otherwise.
 */
export function editLargeYaml(
  text: string,
  updates: readonly LargeYamlUpdate[],
  editSmall: EditSmall,
): { edited: string } | { absent: readonly string[] } | undefined {
  const events = eventsOf(text);
  if (events === undefined) return undefined;
  const pieces: Piece[] = [];
  for (const update of updates) {
    const place = placeOf(text, events, update.parts);
    if (place === 'absent') return { absent: update.parts };
    const piece = place === undefined ? undefined : pieceFor(text, events, place, update);
    if (piece === undefined) return undefined;
    const known = pieces.find(({ start, end }) => start === piece.start && end === piece.end);
    if (known === undefined) pieces.push(piece);
    else known.updates.push(...piece.updates);
  }
  pieces.sort((a, b) => a.start - b.start);
  if (pieces.some(({ start }, index) => index > 0 && start < (pieces[index - 1]?.end ?? 0))) return undefined;
  const edited = assembled(text, events, pieces, editSmall);
  return edited === undefined ? undefined : { edited };
}

function assembled(text: string, events: readonly Event[], pieces: readonly Piece[], editSmall: EditSmall): string | undefined {
  const changes: { piece: Piece; from: number; to: number }[] = [];
  let out = '';
  let at = 0;
  for (const piece of pieces) {
    const { start, end, before, after } = piece;
    const edited = editSmall(`${before}${text.slice(start, end)}${after}`, piece.updates);
    if (!edited.startsWith(before) || !edited.endsWith(after) || edited.length < before.length + after.length) return undefined;
    out += text.slice(at, start);
    const from = out.length;
    out += edited.slice(before.length, edited.length - after.length);
    changes.push({ piece, from, to: out.length });
    at = end;
  }
  out += text.slice(at);
  if (out === text) return text;
  const again = eventsOf(out);
  return again !== undefined && saysTheSame(text, events, out, again, changes) ? out : undefined;
}

/** Whether the events outside the pieces are the same, and those inside them are what the pieces say by themselves. */
function saysTheSame(
  text: string,
  old: readonly Event[],
  out: string,
  now: readonly Event[],
  changes: readonly { piece: Piece; from: number; to: number }[],
): boolean {
  let [i, j, shift] = [0, 0, 0];
  for (const { piece, from, to } of changes) {
    for (; i < piece.first; i += 1, j += 1) if (!isShifted(old[i], now[j], shift)) return false;
    const begin = j;
    for (let node = 0; node < piece.nodes; node += 1) j = afterNode(now, j);
    i = piece.last;
    const own = eventsOf(`${piece.before}${out.slice(from, to)}${piece.after}`);
    // Around the nodes: the document, and a list or map.
    const inner = own?.slice(2, -2);
    if (inner === undefined || inner.length !== j - begin) return false;
    if (!inner.every((event, index) => isShifted(event, now[begin + index], from - piece.before.length))) return false;
    shift += to - from - (piece.end - piece.start);
  }
  for (; i < old.length; i += 1, j += 1) if (!isShifted(old[i], now[j], shift)) return false;
  return j === now.length && text !== '';
}

/** Whether two events are the same but for where they stand. */
function isShifted(a: Event | undefined, b: Event | undefined, shift: number): boolean {
  if (a === undefined || b === undefined || a.type !== b.type) return false;
  if (a.type === EVENT_ID.DOCUMENT) return JSON.stringify(a) === JSON.stringify(b);
  for (const [name, value] of Object.entries(a)) {
    const other = (b as unknown as Record<string, unknown>)[name];
    const isPlace = name === 'start' || name.endsWith('Start') || name.endsWith('End');
    const wanted: unknown = isPlace && typeof value === 'number' && value >= 0 ? value + shift : value;
    if (other !== wanted) return false;
  }
  return true;
}

function eventsOf(text: string): Event[] | undefined {
  try {
    return parseEvents(text, {});
  } catch (error) {
    if (error instanceof YAMLException || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The index behind the node that begins at `index`. */
function afterNode(events: readonly Event[], index: number): number {
  let depth = 0;
  for (let at = index; at < events.length; at += 1) {
    const { type } = events[at]!;
    if (type === EVENT_ID.SEQUENCE || type === EVENT_ID.MAPPING) depth += 1;
    else if (type === EVENT_ID.POP) depth -= 1;
    if (depth <= 0) return at + 1;
  }
  return events.length;
}

/** Where the value at a path of the first document is; undefined if there is no simple way to it. */
function placeOf(text: string, events: readonly Event[], parts: readonly string[]): Place | 'absent' | undefined {
  const place: Place = { event: 1, inFlow: false };
  let limit = documentEnd(text, events);
  for (const [level, part] of parts.entries()) {
    const event = events[place.event];
    if (event === undefined || (event.type !== EVENT_ID.MAPPING && event.type !== EVENT_ID.SEQUENCE)) return undefined;
    place.inFlow ||= event.style === COLLECTION_STYLE.FLOW;
    const isMap = event.type === EVENT_ID.MAPPING;
    if (!isMap && !/^(?:0|[1-9]\d*)$/.test(part)) return undefined;
    let at = place.event + 1;
    let found: number | undefined;
    for (let index = 0; at < events.length && events[at]?.type !== EVENT_ID.POP; index += 1) {
      const key = events[at]!;
      const hit = isMap ? key.type === EVENT_ID.SCALAR && getScalarValue(text, key) === part : index === Number(part);
      if (hit) {
        found = at;
        break;
      }
      at = isMap ? afterNode(events, afterNode(events, at)) : afterNode(events, at);
    }
    if (found === undefined) return 'absent';
    const value = isMap ? afterNode(events, found) : found;
    const last = afterNode(events, value);
    const start = place.inFlow ? undefined : lineOf(text, events[found]!, isMap);
    const next = events[last]?.type === EVENT_ID.POP ? limit : lineOf(text, events[last]!, isMap);
    if (start !== undefined && next !== undefined && next > start) {
      limit = next;
      const way = isMap ? parts.slice(level) : ['0', ...parts.slice(level + 1)];
      place.piece = { start, end: next, first: found, last, nodes: isMap ? 2 : 1, parts: way };
    }
    place.event = value;
  }
  return place;
}

/** Where the line of a key or of an item of a list begins, if nothing stands before it there. */
function lineOf(text: string, event: Event, isMap: boolean): number | undefined {
  const at = startOf(event);
  if (at === undefined) return undefined;
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return (isMap ? /^ *['"]?$/ : /^ *- +['"]?$/).test(text.slice(start, at)) ? start : undefined;
}

function startOf(event: Event): number | undefined {
  if (event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.ALIAS) return undefined;
  if (event.anchorStart >= 0 || event.tagStart >= 0) return undefined;
  const at = event.type === EVENT_ID.SCALAR ? event.valueStart : event.start;
  return at < 0 ? undefined : at;
}

/** Where the first document ends: at its end mark, at the next one, or at the end of the text. */
function documentEnd(text: string, events: readonly Event[]): number | undefined {
  return events.some(({ type }, index) => index > 0 && type === EVENT_ID.DOCUMENT) || /^\.\.\./m.test(text)
    ? undefined
    : text.length;
}

function pieceFor(text: string, events: readonly Event[], place: Place, { value }: LargeYamlUpdate): Piece | undefined {
  const event = events[place.event];
  if (event?.type !== EVENT_ID.SCALAR) return undefined;
  const raw = typeof value === 'object' && value !== null ? undefined : rawRange(text, event);
  if (raw !== undefined) {
    const [before, after] = place.inFlow ? ['[', ']'] : ['- ', '\n'];
    const range = { first: place.event, last: place.event + 1, nodes: 1 };
    return { ...raw, ...range, before, after, updates: [{ parts: ['0'], value }] };
  }
  if (place.piece === undefined) return undefined;
  const { parts, ...range } = place.piece;
  return { ...range, before: '', after: '', updates: [{ parts, value }] };
}

/** The characters of a scalar on one line that has neither anchor nor tag, quotes included. */
function rawRange(text: string, event: ScalarEvent): { start: number; end: number } | undefined {
  const { valueStart, valueEnd, anchorStart, tagStart, style } = event;
  if (valueStart < 0 || anchorStart >= 0 || tagStart >= 0 || /[\r\n]/.test(text.slice(valueStart, valueEnd))) return undefined;
  if (style === SCALAR_STYLE.PLAIN) return valueStart === valueEnd ? undefined : { start: valueStart, end: valueEnd };
  const quote = style === SCALAR_STYLE.SINGLE_QUOTED ? "'" : style === SCALAR_STYLE.DOUBLE_QUOTED ? '"' : undefined;
  if (quote === undefined || text[valueStart - 1] !== quote || text[valueEnd] !== quote) return undefined;
  return { start: valueStart - 1, end: valueEnd + 1 };
}

import { EditError } from '@kargo/integrations';
import { parseTree, type Node } from 'jsonc-parser';
import { numberText } from '../files/update-schema.ts';

/** A value that can be set. */
export type JsonScalar = string | number | boolean;

interface Part {
  name: string;
  /** Written with a colon: a key even where it looks like an index. */
  isKey: boolean;
}

/** Places that may be padded with null, so that an index is not a way to fill the memory. */
const MAX_PADDING = 10_000;

const QUERY = new Set(['*', '?', '#', '|', '@']);

/**
 * `text` with a value set at a dotted path. Objects on the way that are missing are made, a single value there is replaced by one. In
 * lists a part is an index, `-1` or one beyond the end appends. No other character changes. Fails with `EditError`.
 */
export function editJson(text: string, key: string, value: JsonScalar): string {
  const parts = parseJsonPath(key);
  const mark = text.startsWith('\ufeff') ? '\ufeff' : '';
  const body = text.slice(mark.length);
  if (body.trim() === '') return `${mark}${written(parts, value)}${body}`;
  return `${mark}${set(body, rootOf(body), parts, value)}`;
}

/** The text of a value. */
export function jsonText(value: JsonScalar): string {
  return typeof value === 'number' ? numberText(value) : JSON.stringify(value);
}

/** Splits a path. `\` takes the meaning from the character behind it, a colon before a part says that it is a key. */
export function parseJsonPath(key: string): Part[] {
  const fail = (why: string): never => {
    throw new EditError('badPath', `${why} in key ${JSON.stringify(key)}`);
  };
  if (key === '') throw new EditError('badPath', 'empty key');
  const parts: Part[] = [];
  let [name, isKey, begun] = ['', false, false];
  const end = (): void => {
    if (name === '') fail('empty key part');
    parts.push({ name, isKey });
    [name, isKey, begun] = ['', false, false];
  };
  for (let at = 0; at < key.length; at += 1) {
    const char = key.charAt(at);
    if (char === '.') {
      end();
      continue;
    }
    if (QUERY.has(char)) fail(`${JSON.stringify(char)} would make the path a query; write \\${char} for the character itself`);
    if (char === ':' && !begun) isKey = true;
    else if (char === '\\') {
      at += 1;
      name += key.charAt(at);
    } else name += char;
    begun = true;
  }
  end();
  return parts;
}

function rootOf(text: string): Node {
  try {
    JSON.parse(text);
    const root = parseTree(text);
    if (root !== undefined) return root;
  } catch (error) {
    if (error instanceof RangeError) throw new EditError('invalid', 'the JSON is nested too deeply', { cause: error });
    throw new EditError('invalid', `not valid JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  throw new EditError('invalid', 'not valid JSON');
}

function set(text: string, root: Node, parts: readonly Part[], value: JsonScalar): string {
  let node = root;
  for (const [index, part] of parts.entries()) {
    const rest = parts.slice(index + 1);
    const children = node.children ?? [];
    if (node.type === 'object') {
      const property = children.find(({ children: pair }) => pair?.[0]?.value === part.name);
      const found = property?.children?.[1];
      if (found === undefined) return insert(text, node, `${JSON.stringify(part.name)}:${written(rest, value)}`);
      node = found;
    } else if (node.type === 'array') {
      const at = indexIn(children.length, part);
      const found = children[at];
      if (found === undefined) return insert(text, node, padded(at - children.length, written(rest, value)));
      node = found;
    } else return replace(text, node, written(parts.slice(index), value));
  }
  return replace(text, node, jsonText(value));
}

/** What the rest of a path makes where there is nothing. */
function written(parts: readonly Part[], value: JsonScalar): string {
  const [part, ...rest] = parts;
  if (part === undefined) return jsonText(value);
  const inside = written(rest, value);
  if (!part.isKey && /^(?:\d+|-1)$/.test(part.name)) return `[${padded(indexIn(0, part), inside)}]`;
  return `{${JSON.stringify(part.name)}:${inside}}`;
}

function indexIn(length: number, { name }: Part): number {
  if (name === '-1') return length;
  if (!/^\d+$/.test(name)) throw new EditError('badPath', `cannot set array element for non-numeric key '${name}'`);
  const index = Number(name);
  if (index > length + MAX_PADDING)
    throw new EditError('badPath', `index ${name} is more than ${MAX_PADDING} beyond the end of the list`);
  return index;
}

function padded(count: number, item: string): string {
  return `${'null,'.repeat(count)}${item}`;
}

/** Puts something before the closing brace or bracket. */
function insert(text: string, node: Node, item: string): string {
  const end = node.offset + node.length - 1;
  return `${text.slice(0, end)}${(node.children?.length ?? 0) > 0 ? ',' : ''}${item}${text.slice(end)}`;
}

function replace(text: string, node: Node, item: string): string {
  return `${text.slice(0, node.offset)}${item}${text.slice(node.offset + node.length)}`;
}

import { parse, parseDocument, type TomlDocument } from '@decimalturn/toml-patch';
import { EditError, parseKeyPath } from '@kargo/integrations';
import { numberText } from '../files/update-schema.ts';

/** A value that can be set. */
export type TomlScalar = string | number | boolean;

type Block = TomlDocument['cst'][number];
type KeyValue = Extract<Block, { value: unknown }>;

/** What a document says: where single values stand in the text, and what they are part of. */
type Entry =
  | { kind: 'scalar'; type: string; start: number; end: number }
  | { kind: 'table'; inline: boolean; fields: Map<string, Entry> }
  | { kind: 'list'; ofTables: boolean; items: Entry[] };

type Table = Extract<Entry, { kind: 'table' }>;

/**
 * `text` with the single value at a dotted key path replaced, and no other character. Lists, also those of tables, are entered by index.
 * Fails with `EditError`, also where nothing is at the path.
 */
export function editToml(text: string, key: string, value: TomlScalar): string {
  const parts = parseKeyPath(key);
  const before = read(text);
  const target = scalarAt(before, key, parts);
  const edited = `${text.slice(0, target.start)}${tomlText(value, target.type)}${text.slice(target.end)}`;
  const after = read(edited);
  const result = scalarAt(after, key, parts);
  if (!means(edited.slice(result.start, result.end), value) || facts(text, before, target) !== facts(edited, after, result))
    throw new EditError('invalid', `${JSON.stringify(key)} cannot be changed without changing something else; edit it by hand`);
  return edited;
}

/** The text of a value: strings in single quotes where these can hold them. `type`: of the value that is replaced. */
export function tomlText(value: TomlScalar, type?: string): string {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    const text = numberText(value);
    if (!Number.isInteger(value)) return text;
    return type === 'Float' || Math.abs(value) >= 2 ** 63 ? `${text}.0` : text;
  }
  // eslint-disable-next-line no-control-regex
  if (!/['\u0000-\u001f\u007f]/.test(value)) return `'${value}'`;
  return JSON.stringify(value).replaceAll('\u007f', String.raw`\u007f`);
}

function read(text: string): Table {
  let blocks: readonly Block[];
  try {
    // The syntax tree alone lets keys be defined twice.
    parse(text);
    blocks = parseDocument(text).cst;
  } catch (error) {
    if (error instanceof RangeError) throw new EditError('invalid', 'the TOML is nested too deeply', { cause: error });
    throw new EditError('invalid', `not valid TOML: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return new Reader(text).read(blocks);
}

class Reader {
  readonly #text: string;
  readonly #lines: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lines.push(at + 1);
  }

  read(blocks: readonly Block[]): Table {
    const root = table(false);
    for (const block of blocks) {
      if (block.type === 'KeyValue') this.#put(root, block as KeyValue);
      else if (block.type === 'Table' || block.type === 'TableArray') {
        const { key, items } = block as Extract<Block, { items: unknown }>;
        const name = key.item.value;
        const into = block.type === 'Table' ? descend(root, name) : append(descend(root, name.slice(0, -1)), name.at(-1) ?? '');
        for (const item of items) if (item.type === 'KeyValue') this.#put(into, item as KeyValue);
      }
    }
    return root;
  }

  #put(into: Table, { key, value }: KeyValue): void {
    descend(into, key.value.slice(0, -1)).fields.set(key.value.at(-1) ?? '', this.#entry(value as Node));
  }

  #entry(node: Node): Entry {
    if (node.type === 'InlineArray')
      return { kind: 'list', ofTables: false, items: (node.items ?? []).map(({ item }) => this.#entry(item)) };
    if (node.type === 'InlineTable') {
      const out = table(true);
      for (const { item } of node.items ?? []) this.#put(out, item as unknown as KeyValue);
      return out;
    }
    return { kind: 'scalar', type: node.type, start: this.#offset(node.loc.start), end: this.#offset(node.loc.end) };
  }

  #offset({ line, column }: Node['loc']['start']): number {
    const mark = line === 1 && this.#text.startsWith('\ufeff') ? 1 : 0;
    return (this.#lines[line - 1] ?? 0) + column + mark;
  }
}

interface Node {
  type: string;
  loc: { start: { line: number; column: number }; end: { line: number; column: number } };
  items?: { item: Node }[];
}

function table(inline: boolean): Table {
  return { kind: 'table', inline, fields: new Map() };
}

/** The table of a name, made where it is missing; of a list of tables the last. */
function descend(from: Table, name: readonly string[]): Table {
  let at = from;
  for (const part of name) {
    let next = at.fields.get(part);
    if (next === undefined) {
      next = table(false);
      at.fields.set(part, next);
    }
    const entry = next.kind === 'list' ? next.items.at(-1) : next;
    if (entry?.kind !== 'table') throw new EditError('invalid', `not valid TOML: ${JSON.stringify(part)} is not a table`);
    at = entry;
  }
  return at;
}

function append(to: Table, name: string): Table {
  const list = to.fields.get(name);
  const item = table(false);
  if (list?.kind === 'list') list.items.push(item);
  else to.fields.set(name, { kind: 'list', ofTables: true, items: [item] });
  return item;
}

function scalarAt(root: Table, key: string, parts: readonly string[]): Extract<Entry, { kind: 'scalar' }> {
  let entry: Entry | undefined = root;
  for (const part of parts) {
    entry = childOf(entry, part);
    if (entry === undefined) throw new EditError('notFound', `key path not found: ${JSON.stringify(key)}`);
  }
  if (entry.kind === 'scalar') return entry;
  const what = entry.kind === 'list' ? 'Array' : entry.inline ? 'InlineTable' : 'Table';
  throw new EditError('notScalar', `key path ${JSON.stringify(key)} addresses ${what} instead of a scalar node`);
}

function childOf(entry: Entry, part: string): Entry | undefined {
  if (entry.kind === 'table') return entry.fields.get(part);
  if (entry.kind !== 'list') return undefined;
  if (/^\d+$/.test(part)) return entry.items[Number(part)];
  // Earlier releases left the index out, which is unmistakable where only one table has the key.
  const having = entry.ofTables
    ? entry.items.flatMap((item) => (item.kind === 'table' ? (item.fields.get(part) ?? []) : []))
    : [];
  return having.length === 1 ? having[0] : undefined;
}

function means(text: string, value: TomlScalar): boolean {
  const found: unknown = (parseDocument(`x = ${text}`).toJsObject as { x: unknown }).x;
  return typeof value === 'number' ? Number(found) === value : found === value;
}

/** Everything the document says, except the value of `target`. */
function facts(text: string, entry: Entry, target: Entry): string {
  if (entry === target) return '?';
  if (entry.kind === 'scalar') return text.slice(entry.start, entry.end);
  if (entry.kind === 'list') return `[${entry.items.map((item) => facts(text, item, target)).join()}]`;
  return `{${[...entry.fields].map(([key, item]) => `${JSON.stringify(key)}:${facts(text, item, target)}`).join()}}`;
}

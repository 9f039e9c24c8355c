import {
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type ParsedNode,
} from 'yaml';

/** A place in a file, counted from 1. */
export interface Place {
  line: number;
  column: number;
}

/** One document of a file, whose values know where they stand. */
export interface SourceDocument {
  file: string;
  /** The whole value. */
  value: unknown;
  /** The place of a value by its path; of the nearest value around it, if there is none at the path. `key`: of the key that leads to it. */
  placeOf(path: readonly (string | number)[], options?: { offset?: number | undefined; key?: boolean | undefined }): Place;
}

/** What a text is made of: its documents, and what cannot be read. */
export interface ParsedSource {
  documents: SourceDocument[];
  errors: (Place & { message: string; file: string })[];
}

/** Reads YAML or JSON; every document for itself. Aliases that never end are errors. */
export function parseSource(file: string, text: string): ParsedSource {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, merge: true, uniqueKeys: true, logLevel: 'silent' });
  const out: ParsedSource = { documents: [], errors: [] };
  if (!Array.isArray(parsed)) return out;
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  for (const document of parsed) {
    const problems = document.errors.map(({ pos, message }) => ({
      ...placeAt(pos[0]),
      file,
      // What follows the first line quotes the manifest.
      message: (message.split('\n', 1)[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''),
    }));
    out.errors.push(...problems);
    if (problems.length > 0) continue;
    try {
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      if (value !== null && value !== undefined)
        out.documents.push({ file, value, placeOf: (path, options) => placeAt(offsetOf(document, text, path, options)) });
    } catch (error) {
      out.errors.push({ ...placeAt(document.range[0]), file, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return out;
}

function offsetOf(
  document: Document.Parsed<ParsedNode, true>,
  text: string,
  path: readonly (string | number)[],
  { offset, key = false }: { offset?: number | undefined; key?: boolean | undefined } = {},
): number {
  let node: Node | null = document.contents;
  let start = node?.range?.[0] ?? document.range[0];
  let reached = 0;
  for (const part of path) {
    const next = childOf(node, part, document);
    if (next === undefined) break;
    reached += 1;
    const isLast = reached === path.length;
    start = (isLast && key ? next.key : undefined) ?? next.value?.range?.[0] ?? next.key ?? start;
    node = next.value;
  }
  if (offset === undefined || reached < path.length || !isScalar(node) || typeof node.value !== 'string') return start;
  return offsetWithin(text, node.range?.[0] ?? start, node.range?.[1] ?? start, node.value, offset);
}

function childOf(
  node: Node | null,
  part: string | number,
  document: Document,
): { key?: number | undefined; value: Node | null } | undefined {
  const at =
    isNode(node) && 'source' in node && !isScalar(node)
      ? ((node as { resolve?: (doc: Document) => Node }).resolve?.(document) ?? node)
      : node;
  if (isMap(at)) {
    const pair = at.items.find((item) => isPair(item) && String(isScalar(item.key) ? item.key.value : item.key) === String(part));
    if (pair === undefined) return undefined;
    return { key: isNode(pair.key) ? pair.key.range?.[0] : undefined, value: isNode(pair.value) ? pair.value : null };
  }
  if (isSeq(at)) {
    const item = at.items[Number(part)];
    return item === undefined ? undefined : { value: isNode(item) ? item : null };
  }
  return undefined;
}

/** Where in the source a place within the value of a scalar is: found by what stands there, as quotes, folding and indentation move it. */
function offsetWithin(text: string, from: number, to: number, value: string, offset: number): number {
  const raw = text.slice(from, to);
  const line = value.slice(offset).split('\n', 1)[0] ?? '';
  for (let length = Math.min(line.length, 40); length > 0; length = Math.floor(length / 2)) {
    const needle = line.slice(0, length);
    const before = value.slice(0, offset).split(needle).length - 1;
    let at = -1;
    for (let count = 0; count <= before; count += 1) at = raw.indexOf(needle, at + 1);
    if (at >= 0) return from + at;
  }
  return from;
}

import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml';
import type { Path } from './path.ts';

/** A mistake that keeps a text from being read as YAML. Offsets into the text. */
export interface SyntaxProblem {
  from: number;
  to: number;
  message: string;
}

/** A text as YAML. */
export interface Parsed {
  /** Documents that are not empty. */
  documents: readonly Document[];
  problems: readonly SyntaxProblem[];
  lines: LineCounter;
}

/** Reads a stream of YAML documents. Never fails: what cannot be read is among the problems. */
export function parseManifest(text: string): Parsed {
  const lines = new LineCounter();
  const found = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const documents = Array.isArray(found) ? found : [];
  const problems = documents.flatMap(({ errors }) =>
    errors.map(({ pos: [from, to], message }) => ({ from, to: Math.min(Math.max(to, from + 1), text.length), message })),
  );
  return { documents: documents.filter(({ contents }) => contents !== null), problems, lines };
}

/** The value of a document. Aliases that would expand to far more than was written are refused: undefined. */
export function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch {
    return undefined;
  }
}

/** Where a path is in the text: its value, or with `key` the key before it. Of what is not there, the nearest above it that is. */
export function rangeOf(document: Document, path: Path, part: 'value' | 'key' = 'value'): { from: number; to: number } {
  let node = document.contents as Node | null;
  let range = rangeOfNode(node) ?? { from: 0, to: 0 };
  for (const [depth, step] of path.entries()) {
    const next = childOf(node, step);
    if (next === undefined) return depth === 0 ? range : narrow(range);
    const last = depth === path.length - 1;
    range = rangeOfNode((last && part === 'key') || next.value === null ? next.key : next.value) ?? range;
    node = next.value;
  }
  return range;
}

function childOf(node: Node | null, step: string | number): { key: Node | null; value: Node | null } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)] as Node | undefined;
    return item === undefined ? undefined : { key: item, value: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(step));
  return pair === undefined ? undefined : { key: pair.key as Node | null, value: pair.value as Node | null };
}

function rangeOfNode(node: Node | null): { from: number; to: number } | undefined {
  const range = node?.range;
  return range === null || range === undefined ? undefined : { from: range[0], to: Math.max(range[1], range[0]) };
}

/** Of a large value, its beginning: marking the whole would say less. */
function narrow({ from, to }: { from: number; to: number }): { from: number; to: number } {
  return { from, to: Math.min(to, from + 1) };
}

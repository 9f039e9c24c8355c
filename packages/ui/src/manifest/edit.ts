import { isCollection, isScalar, isSeq, parseDocument, stringify, type Document, type ToStringOptions } from 'yaml';
import type { Path } from './path.ts';

/**
 * The text with another value at a path; undefined removes it. Everything else stays as it is written: comments, order, style of
 * quotes and collections, indentation. A text that is no YAML stays as it is.
 */
export function editYaml(text: string, path: Path, value: unknown): string {
  return (
    spliced(text, path, value) ??
    change(text, (document) => {
      if (value === undefined) {
        document.deleteIn(path);
        return;
      }
      const present = document.getIn(path, true);
      if (isScalar(present) && (typeof value !== 'object' || value === null)) {
        // Style belongs to the kind of value: a block of text or quotes around a number would make it something else.
        if (typeof present.value !== typeof value || !fitsStyle(present.type, value)) delete present.type;
        delete present.source;
        present.value = value;
        return;
      }
      for (let depth = 1; depth < path.length; depth++) {
        const above = path.slice(0, depth);
        // What is written without a value is nothing to set things in.
        const node = document.getIn(above, true);
        if (node === undefined || (isScalar(node) && node.value === null))
          document.setIn(above, document.createNode(typeof path[depth] === 'number' ? [] : {}));
        // An empty collection can be written only within braces; what comes into it reads better without them.
        else if (isCollection(node) && node.items.length === 0) node.flow = false;
      }
      document.setIn(path, document.createNode(value));
    })
  );
}

/** The text with nothing but one value of one line replaced by another one; undefined where it takes more than that. */
function spliced(text: string, path: Path, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'object' && value !== null)) return undefined;
  const document = parseDocument(text, { prettyErrors: false });
  const node = document.getIn(path, true);
  if (document.errors.length > 0 || !isScalar(node) || node.range === undefined || node.range === null) return undefined;
  const [from, to] = node.range;
  const written = stringify(value, { lineWidth: 0 }).trimEnd();
  if (to <= from || text.slice(from, to).includes('\n') || written.includes('\n')) return undefined;
  const next = text.slice(0, from) + written + text.slice(to);
  // Within braces and brackets more has to be quoted than elsewhere.
  const read = parseDocument(next, { prettyErrors: false });
  return read.errors.length === 0 && read.getIn(path) === value ? next : undefined;
}

/** The text with an item of a list in another place. */
export function moveItem(text: string, list: Path, from: number, to: number): string {
  return change(text, (document) => {
    const node = document.getIn(list, true);
    if (!isSeq(node)) return;
    const [item] = node.items.splice(from, 1);
    if (item !== undefined) node.items.splice(to, 0, item);
  });
}

function fitsStyle(type: string | undefined, value: unknown): boolean {
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') return typeof value === 'string' && value.includes('\n');
  return true;
}

function change(text: string, act: (document: Document) => void): string {
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) return text;
  act(document as Document);
  return document.toString(styleOf(text));
}

/** How the text is written, so that what changes is written alike. */
function styleOf(text: string): ToStringOptions {
  const indent = /^(?<first> {1,8})[^ \-#\n]/m.exec(text)?.groups?.['first']?.length ?? 2;
  return {
    lineWidth: 0,
    indent: Math.max(indent, 1),
    indentSeq: !/^(?<lead> *)(?:- )*[^\s#-][^\n]*: *(?:#[^\n]*)?\n(?: *#[^\n]*\n)*\k<lead>- /m.test(text),
    flowCollectionPadding: !/[{[][^\s\]}{[]/.test(text.replaceAll(/\$\{\{.*?\}\}/g, '')),
  };
}

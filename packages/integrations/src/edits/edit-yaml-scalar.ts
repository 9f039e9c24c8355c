import { isAlias, isMap, isPair, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Document, ParsedNode, Scalar } from 'yaml';
import { EditError } from './edit-error.ts';
import { parseKeyPath } from './key-path.ts';
import { scalarTexts } from './yaml-scalar-text.ts';
import type { ScalarStyle, YamlScalar } from './yaml-scalar-text.ts';

/**
 * `text` with the value at `path` (a dotted key path, or its parts) of the first document replaced. Only the value's own characters
 * change: comments, order, quotes, line endings, anchors and other documents stay, and the result reads back as exactly `value`. Fails
 * with `EditError`; missing keys are not made, since they are mostly typing errors.
 */
export function editYamlScalar(text: string, path: string | readonly string[], value: YamlScalar): string {
  const parts = typeof path === 'string' ? parseKeyPath(path) : path;
  const documents = parseYaml(text);
  const node = scalarAt(documents, parts);
  const [start, end] = node.range ?? [0, 0];
  const before = text.slice(0, start);
  const old = text.slice(start, end);
  const after = text.slice(end);
  const expected = fingerprint(documents, node);
  for (const candidate of scalarTexts(value, styleOf(node))) {
    const edited = `${before}${spaced(before, old, candidate, after)}${after}`;
    if (readsBack(edited, parts, value, expected)) return edited;
  }
  throw new EditError('invalid', `${shown(parts)} cannot be changed without changing something else; edit it by hand`);
}

/** Parses all documents for editing. Fails with `invalid` if there is a syntax error; equal keys are let through. */
export function parseYaml(text: string): Document.Parsed[] {
  const documents = parseAllDocuments(text, { keepSourceTokens: true, uniqueKeys: false, intAsBigInt: true, logLevel: 'silent' });
  if (!Array.isArray(documents)) return [];
  for (const { errors } of documents as Document.Parsed[]) {
    const [error] = errors;
    if (error !== undefined) throw new EditError('invalid', `not valid YAML: ${error.message.split('\n')[0]}`, { cause: error });
  }
  return documents as Document.Parsed[];
}

function scalarAt(documents: readonly Document.Parsed[], parts: readonly string[]): Scalar.Parsed {
  let node: ParsedNode | null = documents[0]?.contents ?? null;
  for (const part of parts) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && (key.source ?? String(key.value)) === part);
      if (pair === undefined) throw notFound(parts);
      node = pair.value as ParsedNode | null;
    } else if (isSeq(node)) {
      if (!/^\d+$/.test(part))
        throw new EditError('notFound', `${shown(parts)}: ${JSON.stringify(part)} is not the index of a list`);
      const item: unknown = node.items[Number(part)];
      if (item === undefined || isPair(item)) throw notFound(parts);
      node = item as ParsedNode;
    } else throw notFound(parts);
  }
  if (!isScalar(node)) {
    const what = isAlias(node) ? 'an alias of another value' : 'a list or map';
    throw new EditError('notScalar', `key path ${shown(parts)} does not address a scalar node, but ${what}`);
  }
  return node as Scalar.Parsed;
}

function notFound(parts: readonly string[]): EditError {
  return new EditError('notFound', `key path not found: ${shown(parts)}`);
}

function shown(parts: readonly string[]): string {
  return JSON.stringify(parts.join('.'));
}

function styleOf(node: Scalar): ScalarStyle {
  if (node.type === 'QUOTE_DOUBLE') return 'double';
  return node.type === 'QUOTE_SINGLE' ? 'single' : 'plain';
}

/** An empty value needs blanks around what is put there; a block scalar ends with the line end that it owned. */
function spaced(before: string, old: string, candidate: string, after: string): string {
  if (old !== '')
    return /^[|>]/.test(old) && old.endsWith('\n') ? `${candidate}${old.endsWith('\r\n') ? '\r\n' : '\n'}` : candidate;
  const lead = /[\s[{]$/.test(before) || before === '' ? '' : ' ';
  const trail = after.startsWith('#') ? ' ' : '';
  return `${lead}${candidate}${trail}`;
}

function readsBack(text: string, parts: readonly string[], value: YamlScalar, expected: string): boolean {
  try {
    const documents = parseYaml(text);
    const node = scalarAt(documents, parts);
    const found = typeof node.value === 'bigint' && typeof value === 'number' ? Number(node.value) : node.value;
    const contradicted =
      documents.some(({ warnings }) => warnings.length > 0) || (node.tag !== undefined && !isTagOf(node.tag, value));
    return !contradicted && Object.is(found, value) && fingerprint(documents, node) === expected;
  } catch (error) {
    if (error instanceof EditError) return false;
    throw error;
  }
}

/** Whether an explicit tag allows such a value; tags of one's own allow anything. */
function isTagOf(tag: string, value: YamlScalar): boolean {
  const prefix = 'tag:yaml.org,2002:';
  if (!tag.startsWith(prefix)) return true;
  const kinds: Readonly<Record<string, readonly string[]>> = {
    string: ['str'],
    number: ['int', 'float'],
    bigint: ['int'],
    boolean: ['bool'],
    object: ['null'],
  };
  return kinds[typeof value]?.includes(tag.slice(prefix.length)) === true;
}

/** Everything the documents say, except the value of `target`. */
function fingerprint(documents: readonly Document.Parsed[], target: Scalar): string {
  const out: unknown[] = [];
  const visit = (node: unknown): void => {
    if (isPair(node)) {
      visit(node.key);
      visit(node.value);
      return;
    }
    if (isMap(node) || isSeq(node)) {
      out.push(isMap(node) ? '{' : '[', node.tag ?? '', node.anchor ?? '', node.flow === true);
      for (const item of node.items) visit(item);
      out.push(']');
    } else if (isAlias(node)) out.push('*', node.source);
    else if (isScalar(node)) {
      out.push(
        node === target ? 'target' : [typeof node.value, String(node.value), node.type ?? ''],
        node.tag ?? '',
        node.anchor ?? '',
      );
    } else out.push('nothing');
  };
  for (const document of documents) {
    out.push('---', document.directives?.yaml.version ?? '');
    visit(document.contents);
  }
  return JSON.stringify(out);
}

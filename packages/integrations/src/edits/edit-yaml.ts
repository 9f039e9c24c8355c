import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Document, ParsedNode, Scalar } from 'yaml';
import { EditError } from './edit-error.ts';
import { parseKeyPath } from './key-path.ts';
import { editLargeYaml } from './large-yaml.ts';
import { yamlTexts } from './yaml-scalar-text.ts';
import type { YamlValue } from './yaml-scalar-text.ts';

/** A value to be set at a dotted key path, or at the parts of one. */
export interface YamlUpdate {
  key: string | readonly string[];
  value: YamlValue;
}

interface Wanted {
  parts: readonly string[];
  value: YamlValue;
}

/**
 * `text` with single values of its first document replaced; of equal keys the last one wins. Only the values' own characters change:
 * comments, order, quotes, line endings, anchors and other documents stay, and the result reads back as exactly what was asked for.
 * Fails with `EditError`; missing keys are not made, since they are mostly typing errors.
 */
export function editYaml(text: string, updates: readonly YamlUpdate[]): string {
  const wanted = new Map<string, Wanted>();
  for (const { key, value } of updates) {
    const parts = typeof key === 'string' ? parseKeyPath(key) : key;
    wanted.delete(JSON.stringify(parts));
    wanted.set(JSON.stringify(parts), { parts, value });
  }
  const list = [...wanted.values()];
  if (text.length > LARGE && list.length > 0) {
    const edited = editInPieces(text, list);
    if (edited !== undefined) return edited;
  }
  return editWhole(text, list);
}

/** Characters from which on only the pieces of a text that change are parsed with all their details. */
const LARGE = 4096;
/** Characters of the largest piece that is: it takes about two seconds for a million of them. */
const LARGEST_WHOLE = 1024 * 1024;

function editInPieces(text: string, list: readonly Wanted[]): string | undefined {
  let absent: readonly string[];
  try {
    const found = editLargeYaml(text, list, editWhole);
    if (found === undefined || 'edited' in found) return found?.edited;
    absent = found.absent;
  } catch (error) {
    // The whole text may allow what a piece does not, and else gives the better reason.
    if (error instanceof EditError) return undefined;
    throw error;
  }
  throw notFound(absent);
}

function editWhole(text: string, list: readonly Wanted[]): string {
  if (text.length > LARGEST_WHOLE)
    throw new EditError(
      'invalid',
      `${Math.ceil(text.length / 1024)} KiB of YAML cannot be edited here without risk to what surrounds the value; check the syntax, or make the file smaller`,
    );
  const together = list.length > 1 ? editTogether(text, list) : undefined;
  return together ?? list.reduce(editOne, text);
}

/** {@link editYaml} for one value. */
export function editYamlScalar(text: string, path: string | readonly string[], value: YamlValue): string {
  return editYaml(text, [{ key: path, value }]);
}

/** Parses all documents for editing. Fails with `invalid` if there is a syntax error; equal keys are let through. */
export function parseYaml(text: string): Document.Parsed[] {
  const documents = parsed(text);
  if (!Array.isArray(documents)) return [];
  for (const { errors } of documents as Document.Parsed[]) {
    const [error] = errors;
    if (error !== undefined) throw new EditError('invalid', `not valid YAML: ${error.message.split('\n')[0]}`, { cause: error });
  }
  return documents as Document.Parsed[];
}

function parsed(text: string): ReturnType<typeof parseAllDocuments> {
  try {
    return parseAllDocuments(text, { uniqueKeys: false, intAsBigInt: true, logLevel: 'silent' });
  } catch (error) {
    if (error instanceof RangeError) throw new EditError('invalid', 'the YAML is nested too deeply', { cause: error });
    throw error;
  }
}

/** All values in one pass, each in its best text; undefined where that does not come out right, and one by one may. */
function editTogether(text: string, wanted: readonly Wanted[]): string | undefined {
  try {
    const documents = parseYaml(text);
    const nodes = wanted.map(({ parts }) => scalarAt(documents, parts));
    const edits = nodes.map((node, index) => ({
      start: node.range[0],
      end: node.range[1],
      texts: textsFor(text, node, wanted[index]!.value),
    }));
    let edited = text;
    for (const { start, end, texts } of edits.toSorted((a, b) => b.start - a.start))
      edited = `${edited.slice(0, start)}${texts[0] ?? ''}${edited.slice(end)}`;
    return readsBack(edited, wanted, fingerprint(documents, new Set<unknown>(nodes))) ? edited : undefined;
  } catch (error) {
    if (error instanceof EditError) return undefined;
    throw error;
  }
}

function editOne(text: string, wanted: Wanted): string {
  const documents = parseYaml(text);
  const found = nodeAt(documents, wanted.parts);
  // Done already, by an attempt that was interrupted; or in another way of writing that is as good.
  if (typeof wanted.value !== 'string' && holds(documents, found, wanted.value)) return text;
  const node = scalarOf(found, wanted.parts);
  const expected = fingerprint(documents, new Set<unknown>([node]));
  for (const candidate of textsFor(text, node, wanted.value)) {
    const edited = `${text.slice(0, node.range[0])}${candidate}${text.slice(node.range[1])}`;
    if (readsBack(edited, [wanted], expected)) return edited;
  }
  throw new EditError('invalid', `${shown(wanted.parts)} cannot be changed without changing something else; edit it by hand`);
}

function nodeAt(documents: readonly Document.Parsed[], parts: readonly string[]): ParsedNode | null {
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
  return node;
}

function scalarOf(node: ParsedNode | null, parts: readonly string[]): Scalar.Parsed {
  if (isScalar(node)) return node as Scalar.Parsed;
  const what = isAlias(node) ? 'an alias of another value' : 'a list or map';
  throw new EditError('notScalar', `key path ${shown(parts)} does not address a scalar node, but ${what}`);
}

function scalarAt(documents: readonly Document.Parsed[], parts: readonly string[]): Scalar.Parsed {
  return scalarOf(nodeAt(documents, parts), parts);
}

function notFound(parts: readonly string[]): EditError {
  return new EditError('notFound', `key path not found: ${shown(parts)}`);
}

function shown(parts: readonly string[]): string {
  return JSON.stringify(parts.join('.'));
}

/** What may take the place of a node's text, best first. */
function textsFor(text: string, node: Scalar.Parsed, value: YamlValue): string[] {
  const [start, end] = node.range;
  const old = text.slice(start, end);
  const block = /^[|>]/.test(old) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
  if (block) return blockTexts(old, node.type === 'BLOCK_LITERAL', value);
  const style = node.type === 'QUOTE_DOUBLE' ? 'double' : node.type === 'QUOTE_SINGLE' ? 'single' : 'plain';
  const texts = yamlTexts(value, style);
  if (old !== '') return texts;
  // An empty value needs blanks around what is put there.
  const lead = start === 0 || /[\s[{]/.test(text.charAt(start - 1)) ? '' : ' ';
  const trail = text.startsWith('#', end) ? ' ' : '';
  return texts.map((candidate) => `${lead}${candidate}${trail}`);
}

/** Texts in place of a block scalar, which owns its last line end and may have a comment in its first line. */
function blockTexts(old: string, literal: boolean, value: YamlValue): string[] {
  const newline = old.includes('\r\n') ? '\r\n' : '\n';
  const comment = /^[|>][-+\d]*([ \t]+#[^\r\n]*)/.exec(old)?.[1] ?? '';
  const end = old.endsWith('\n') ? newline : '';
  const bare = yamlTexts(value, 'plain').map((candidate) => `${candidate}${comment}${end}`);
  const indent = /\n([ \t]+)\S/.exec(old)?.[1];
  if (!literal || typeof value !== 'string' || indent === undefined || !/^\S[^\0]*\n[^\0]*\S\n?$/.test(value)) return bare;
  const lines = value
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => (line === '' ? '' : `${indent}${line}`));
  return [`|${value.endsWith('\n') ? '' : '-'}${comment}${newline}${lines.join(newline)}${end}`, ...bare];
}

function readsBack(text: string, wanted: readonly Wanted[], expected: string): boolean {
  try {
    const documents = parseYaml(text);
    if (documents.some(({ warnings }) => warnings.length > 0)) return false;
    const nodes = wanted.map(({ parts }) => nodeAt(documents, parts));
    const right = nodes.every((node, index) => {
      const { value } = wanted[index]!;
      return holds(documents, node, value) && (node?.tag === undefined || !isScalar(node) || isTagOf(node.tag, value));
    });
    return right && fingerprint(documents, new Set<unknown>(nodes)) === expected;
  } catch (error) {
    if (error instanceof EditError) return false;
    throw error;
  }
}

/** Whether a node of the first document means this value. */
function holds(documents: readonly Document.Parsed[], node: ParsedNode | null, value: YamlValue): boolean {
  if (isScalar(node)) return same(node.value, value);
  const [document] = documents;
  if (!isCollection(node) || typeof value !== 'object' || value === null || document === undefined) return false;
  try {
    return same(node.toJS(document), value);
  } catch (error) {
    // Aliases beyond all measure.
    if (error instanceof ReferenceError || error instanceof RangeError) return false;
    throw error;
  }
}

function same(found: unknown, value: YamlValue): boolean {
  if (Array.isArray(value))
    return Array.isArray(found) && found.length === value.length && value.every((item, i) => same(found[i], item));
  if (typeof value === 'object' && value !== null) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return false;
    const entries = Object.entries(value);
    return (
      Object.keys(found).length === entries.length &&
      entries.every(([key, item]) => Object.hasOwn(found, key) && same((found as Record<string, unknown>)[key], item))
    );
  }
  return Object.is(typeof found === 'bigint' && typeof value === 'number' ? Number(found) : found, value);
}

/** Whether an explicit tag allows such a value; tags of one's own allow anything. */
function isTagOf(tag: string, value: YamlValue): boolean {
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

/** Everything the documents say, except the values of `targets`. */
function fingerprint(documents: readonly Document.Parsed[], targets: ReadonlySet<unknown>): string {
  const out: unknown[] = [];
  const visit = (node: unknown): void => {
    if (targets.has(node) && node !== null) {
      const { tag, anchor } = node as ParsedNode & { anchor?: string };
      out.push('target', isScalar(node) ? (tag ?? '') : '', anchor ?? '');
    } else if (isPair(node)) {
      visit(node.key);
      visit(node.value);
    } else if (isMap(node) || isSeq(node)) {
      out.push(isMap(node) ? '{' : '[', node.tag ?? '', node.anchor ?? '', node.flow === true);
      for (const item of node.items) visit(item);
      out.push(']');
    } else if (isAlias(node)) out.push('*', node.source);
    else if (isScalar(node))
      out.push([typeof node.value, String(node.value), node.type ?? ''], node.tag ?? '', node.anchor ?? '', node.comment ?? '');
    else out.push('nothing');
  };
  try {
    for (const document of documents) {
      out.push('---', document.directives?.yaml.version ?? '');
      visit(document.contents);
    }
  } catch (error) {
    if (error instanceof RangeError) throw new EditError('invalid', 'the YAML is nested too deeply', { cause: error });
    throw error;
  }
  return JSON.stringify(out);
}

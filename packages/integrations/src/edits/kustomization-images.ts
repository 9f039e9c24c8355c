import { Document, isMap, isScalar, isSeq, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { editYamlScalar, parseYaml } from './edit-yaml.ts';
import { EditError } from './edit-error.ts';
import { scalarTexts } from './yaml-scalar-text.ts';

/** An entry of the `images` list of a kustomization. `*` keeps what the file has. Absent fields are removed. */
export interface KustomizationImage {
  /** The image name in the manifests. */
  name: string;
  newName?: string | undefined;
  newTag?: string | undefined;
  digest?: string | undefined;
}

const FIELDS = ['newName', 'newTag', 'digest'] as const;
const KEEP = '*';

/**
 * The text of a kustomization with `images` set in its `images` list, the list sorted by name. Other entries and everything else in the
 * file are kept with comments, order and quotes; where only values change, nothing but these values does. Fails with `EditError`.
 */
export function setKustomizationImages(text: string, images: readonly KustomizationImage[]): string {
  const document = kustomization(text);
  const current = readImages(document);
  const wanted = merge(current, images);
  if (same(current, wanted)) return text;
  if (current.length === wanted.length && current.every((entry, index) => sameShape(entry, wanted[index]))) {
    return wanted.reduce((edited, entry, index) => editValues(edited, current[index], entry, index), text);
  }
  const edited = rewrite(text, document, wanted);
  if (!same(readImages(kustomization(edited)), wanted)) {
    throw new EditError(
      'invalid',
      'the images of this kustomization cannot be changed without changing something else; edit it by hand',
    );
  }
  return edited;
}

/** The `images` list of a kustomization. Fails with `EditError`. */
export function readKustomizationImages(text: string): KustomizationImage[] {
  return readImages(kustomization(text));
}

function kustomization(text: string): Document.Parsed {
  const documents = parseYaml(text);
  if (documents.length > 1) throw new EditError('invalid', 'the kustomization holds several documents; only one is allowed');
  const document = documents[0] ?? parseYaml('~')[0];
  if (document === undefined) throw new EditError('invalid', 'the kustomization cannot be parsed');
  const { contents } = document;
  const empty = contents === null || (isScalar(contents) && contents.value === null);
  if (!empty && !isMap(contents) && documents.length > 0) {
    throw new EditError('invalid', 'the kustomization is not a map of fields');
  }
  return document;
}

function imagesPair(document: Document.Parsed): Pair | undefined {
  const { contents } = document;
  return isMap(contents) ? (contents.items as Pair[]).find(({ key }) => isScalar(key) && key.value === 'images') : undefined;
}

function readImages(document: Document.Parsed): KustomizationImage[] {
  const value = imagesPair(document)?.value;
  if (value === undefined || value === null || (isScalar(value) && value.value === null)) return [];
  if (!isSeq(value)) throw new EditError('invalid', 'images of the kustomization is not a list');
  return value.items.map((item) => {
    const name = isMap(item) ? sourceOf(item.get('name', true)) : undefined;
    if (!isMap(item) || name === undefined) throw new EditError('invalid', 'an entry of images of the kustomization has no name');
    const out: KustomizationImage = { name };
    for (const field of FIELDS) {
      const found = sourceOf(item.get(field, true));
      if (found !== undefined) out[field] = found;
    }
    return out;
  });
}

/** What is written, so that a tag 1.10 without quotes is not taken for 1.1. */
function sourceOf(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

function merge(current: readonly KustomizationImage[], images: readonly KustomizationImage[]): KustomizationImage[] {
  const byName = new Map<string, KustomizationImage>();
  for (const image of images) {
    // Of entries with the same name, kustomize uses the last one.
    const old = current.findLast(({ name }) => name === image.name);
    const next: KustomizationImage = { name: image.name };
    for (const field of FIELDS) {
      const value = image[field] === KEEP ? old?.[field] : image[field];
      if (value !== undefined && value !== '') next[field] = value;
    }
    byName.set(image.name, next);
  }
  const untouched = current.filter(({ name }) => !byName.has(name));
  return [...untouched, ...byName.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function editValues(text: string, from: KustomizationImage | undefined, to: KustomizationImage, index: number): string {
  let edited = text;
  for (const field of FIELDS) {
    const value = to[field];
    if (value !== undefined && value !== from?.[field]) edited = editYamlScalar(edited, ['images', String(index), field], value);
  }
  return edited;
}

/** Writes the list anew in the place where it was, or at the end. Comments within it stay with their entries. */
function rewrite(text: string, document: Document.Parsed, wanted: readonly KustomizationImage[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const pair = imagesPair(document);
  const old = pair !== undefined && isSeq(pair.value) ? pair.value : undefined;
  const list = old ?? new YAMLSeq();
  const items = list.items as YAMLMap[];
  list.items = wanted.map((image) => {
    const item = items.findLast((candidate) => sourceOf(candidate.get('name', true)) === image.name) ?? new YAMLMap();
    updateItem(item, image);
    return item;
  });
  // What follows the list lies outside the part that is replaced.
  list.comment = null;
  const indentSeq = old !== undefined && old.flow !== true && indentOf(text, old) > 0;
  if (list.items.length > 0) list.flow = false;
  const key = new Scalar('images');
  const fresh = new Document(new YAMLMap());
  (fresh.contents as YAMLMap).items.push(new Pair(key, list));
  const written = fresh.toString({ lineWidth: 0, indentSeq }).replaceAll('\n', newline);
  if (pair === undefined) {
    const { contents } = document;
    if (isMap(contents) && contents.flow === true && contents.items.length > 0) {
      throw new EditError('invalid', 'the kustomization is written in braces; write it with one field on each line');
    }
    if (isMap(contents) && contents.flow === true) return written;
    const joint = text === '' || text.endsWith('\n') ? '' : newline;
    return `${text}${joint}${written}`;
  }
  const keyRange = (pair.key as Scalar).range;
  const valueRange = (pair.value as Scalar | YAMLSeq | null)?.range;
  const start = keyRange?.[0] ?? 0;
  const end = Math.max(valueRange?.[1] ?? 0, keyRange?.[1] ?? 0);
  const after = text.slice(end);
  if (old !== undefined && text.slice(0, end).endsWith('\n')) return `${text.slice(0, start)}${written}${after}`;
  // A value that ends within its line, such as [] or nothing: the rest of the line may hold a comment.
  const rest = after.replace(/^\s*:/, '');
  const restOfLine = /^[^\n]*\n?/.exec(rest)?.[0] ?? '';
  if (restOfLine.trim() === '') return `${text.slice(0, start)}${written}${rest.slice(restOfLine.length)}`;
  if (!restOfLine.trim().startsWith('#'))
    throw new EditError('invalid', 'images of the kustomization is written in an unusual way; edit it by hand');
  return `${text.slice(0, start)}images: ${restOfLine.trim()}${newline}${written.slice(written.indexOf('\n') + 1)}${rest.slice(restOfLine.length)}`;
}

function updateItem(item: YAMLMap, image: KustomizationImage): void {
  item.flow = false;
  if (!item.has('name')) item.items.unshift(new Pair(new Scalar('name'), scalar(image.name)));
  for (const field of FIELDS) {
    const value = image[field];
    if (value === undefined) item.delete(field);
    else if (sourceOf(item.get(field, true)) !== value) {
      const node: unknown = item.get(field, true);
      if (isScalar(node)) {
        node.value = value;
        node.type = scalar(value).type ?? node.type ?? 'PLAIN';
      } else item.set(new Scalar(field), scalar(value));
    }
  }
}

/** A node that is quoted exactly where a bare text could be mistaken for something else. */
function scalar(value: string): Scalar {
  const node = new Scalar(value);
  if (scalarTexts(value, 'plain')[0] !== value) node.type = 'QUOTE_DOUBLE';
  return node;
}

function indentOf(text: string, list: YAMLSeq): number {
  const start = list.range?.[0] ?? 0;
  return start - (text.lastIndexOf('\n', start - 1) + 1);
}

function same(a: readonly KustomizationImage[], b: readonly KustomizationImage[]): boolean {
  return (
    a.length === b.length &&
    a.every((entry, index) => entry.name === b[index]?.name && FIELDS.every((field) => entry[field] === b[index]?.[field]))
  );
}

/** Whether two entries have the same fields, so that one becomes the other by changing values. */
function sameShape(a: KustomizationImage, b: KustomizationImage | undefined): boolean {
  return a.name === b?.name && FIELDS.every((field) => (a[field] === undefined) === (b[field] === undefined));
}

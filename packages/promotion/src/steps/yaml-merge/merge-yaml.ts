import { Document, isAlias, isMap, isScalar, isSeq, parseAllDocuments, visit } from 'yaml';
import type { Pair, YAMLMap, YAMLSeq } from 'yaml';
import { mergeKeysOf, type MergeKeys } from './merge-keys.ts';

/** One of the files to merge. */
export interface MergeInput {
  path: string;
  text: string;
}

/**
 * The first documents of the texts in one, the later ones on top: maps are merged, lists replaced (in manifests of Kubernetes' own kinds,
 * lists of named things are merged by name), null removes a key. Texts without a document are left out. What is taken over keeps its
 * comments and its way of writing, unless a document uses aliases: these are written out.
 */
export function mergeYaml(inputs: readonly MergeInput[]): string {
  const documents = inputs.flatMap((input) => firstDocument(input) ?? []);
  const [base, ...others] = documents;
  if (base === undefined) return '';
  if (others.length === 0 && base.isWhole) return base.text;
  for (const { document } of others) base.document.contents = merged(base.document.contents, document.contents);
  const { text } = base;
  return base.document.toString({
    lineWidth: 0,
    indentSeq: !/^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\r?\n\1- /m.test(text),
    flowCollectionPadding: /[[{] \S/.test(text),
  });
}

interface First {
  document: Document;
  text: string;
  /** Whether the text holds no other documents. */
  isWhole: boolean;
}

/** Values are not interpreted, so that 0644 and 1.10 are written as they were. */
function firstDocument({ path, text }: MergeInput): First | undefined {
  const parsed = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  if (!Array.isArray(parsed)) return undefined;
  const documents = parsed as Document.Parsed[];
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error !== undefined) throw new Error(`${path}: not valid YAML: ${error.message.split('\n')[0]}`, { cause: error });
  const [document] = documents;
  if (document === undefined || isNull(document.contents)) return undefined;
  return { document: withoutAliases(path, document), text, isWhole: documents.length === 1 };
}

function withoutAliases(path: string, document: Document.Parsed): Document {
  let aliases = 0;
  visit(document, {
    Alias: () => {
      aliases += 1;
    },
  });
  if (aliases === 0) return document as Document;
  try {
    // Bounded: an alias of an alias of an alias could be larger than the memory.
    return new Document(plain(document.contents, document, { left: 100_000 }), { schema: 'failsafe' });
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** A node with its aliases written out. */
function plain(node: unknown, document: Document.Parsed, budget: { left: number }): unknown {
  budget.left -= 1;
  if (budget.left < 0) throw new Error('its aliases stand for too much');
  if (isAlias(node)) {
    const target = node.resolve(document);
    if (target === undefined) throw new Error(`the alias *${node.source} stands for nothing`);
    return plain(target, document, budget);
  }
  if (isMap(node)) {
    const out = node.clone() as YAMLMap;
    delete out.anchor;
    out.items = node.items.map((pair) => {
      const copy = pair.clone();
      copy.key = plain(pair.key, document, budget);
      copy.value = plain(pair.value, document, budget);
      return copy;
    });
    return out;
  }
  if (isSeq(node)) {
    const out = node.clone() as YAMLSeq;
    delete out.anchor;
    out.items = node.items.map((item) => plain(item, document, budget));
    return out;
  }
  if (!isScalar(node)) return node;
  const out = node.clone() as typeof node;
  delete out.anchor;
  return out;
}

function merged(base: unknown, over: unknown): Document['contents'] {
  const keys = mergeKeysOf(
    textAt(base, 'apiVersion') || textAt(over, 'apiVersion'),
    textAt(base, 'kind') || textAt(over, 'kind'),
  );
  return mergeValue(base, over, '', keys) as Document['contents'];
}

function mergeValue(base: unknown, over: unknown, path: string, keys: MergeKeys): unknown {
  if (isMap(base) && isMap(over)) return mergeMaps(base, over, path, keys);
  const key = keys(path);
  if (key !== undefined && isSeq(base) && isSeq(over) && areKeyed(base, key) && areKeyed(over, key))
    return mergeLists(base, over, key, path, keys);
  return withoutNulls(over);
}

function mergeMaps(base: YAMLMap, over: YAMLMap, path: string, keys: MergeKeys): YAMLMap {
  for (const pair of over.items) {
    const name = nameOf(pair);
    const index = base.items.findIndex((each) => nameOf(each) === name);
    const found = base.items[index];
    if (isNull(pair.value)) {
      if (found !== undefined) base.items.splice(index, 1);
    } else if (found === undefined) {
      pair.value = withoutNulls(pair.value);
      base.items.push(pair);
    } else found.value = mergeValue(found.value, pair.value, path === '' ? name : `${path}.${name}`, keys);
  }
  // A map that was empty, or written in braces, would otherwise be written on one line however large it is now.
  if (base.flow === true && over.flow !== true) base.flow = false;
  return base;
}

function mergeLists(base: YAMLSeq, over: YAMLSeq, key: string, path: string, keys: MergeKeys): YAMLSeq {
  for (const item of over.items) {
    const index = base.items.findIndex((each) => textAt(each, key) === textAt(item, key));
    if (index < 0) base.items.push(withoutNulls(item));
    else base.items[index] = mergeValue(base.items[index], item, path, keys);
  }
  if (base.flow === true && over.flow !== true) base.flow = false;
  return base;
}

function areKeyed(list: YAMLSeq, key: string): boolean {
  return list.items.every((item) => textAt(item, key) !== '');
}

/** A value that is put where there was none: what it says is to be removed is not there. */
function withoutNulls(node: unknown): unknown {
  if (isMap(node)) {
    node.items = node.items.filter(({ value }) => !isNull(value));
    for (const pair of node.items) pair.value = withoutNulls(pair.value);
  }
  return node;
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function textAt(node: unknown, key: string): string {
  const value: unknown = isMap(node) ? node.items.find((pair) => nameOf(pair) === key)?.value : undefined;
  return isScalar(value) ? String(value.value) : '';
}

function isNull(node: unknown): boolean {
  if (node === null || node === undefined) return true;
  return (
    isScalar(node) &&
    (node.value === null ||
      ((node.type === 'PLAIN' || node.type === undefined) && /^(?:~|null|Null|NULL|)$/.test(String(node.value))))
  );
}

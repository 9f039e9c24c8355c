import type { Schema, Schemas } from '../schemas/schemas.ts';
import { parseManifest, valueOf } from './parse.ts';
import type { Path } from './path.ts';
import { applied, below, schemaOfObject } from './resolve.ts';
import { expressionSuggestions } from './expressions.ts';

/** Something that can be written where the cursor is. */
export interface Suggestion {
  label: string;
  /** What is put there. */
  insert: string;
  kind: 'key' | 'value' | 'expression';
  detail?: string | undefined;
  doc?: string | undefined;
}

export interface Suggestions {
  /** What is replaced, as offsets. */
  from: number;
  to: number;
  items: Suggestion[];
}

/** Names of what exists, for fields that name it. */
export interface KnownNames {
  warehouses?: readonly string[] | undefined;
  stages?: readonly string[] | undefined;
  analysisTemplates?: readonly string[] | undefined;
  clusterAnalysisTemplates?: readonly string[] | undefined;
  promotionTasks?: readonly string[] | undefined;
  clusterPromotionTasks?: readonly string[] | undefined;
}

interface Place {
  path: Path;
  /** What is written of the key or value so far. */
  word: string;
  from: number;
  isKey: boolean;
  indent: number;
}

/** What can be written at an offset of a text, by the schemas and by what exists. */
export function suggest(schemas: Schemas, text: string, offset: number, names: KnownNames = {}): Suggestions | undefined {
  const start = text.lastIndexOf('\n---', offset - 1);
  const base = start === -1 ? 0 : text.indexOf('\n', start + 1) + 1;
  const end = text.indexOf('\n---', offset);
  const document = text.slice(base, end === -1 ? undefined : end);
  const object = objectIn(document, offset - base);
  const inExpression = expressionSuggestions(schemas, text, offset, object);
  if (inExpression !== undefined) return inExpression;
  const place = placeOf(document, offset - base);
  if (place === undefined) return undefined;
  const ofKeys = place.isKey ? keys(schemas, object, place) : [];
  // An item of a list of plain values stands where a key might.
  const items = ofKeys.length > 0 ? ofKeys : values(schemas, object, place, names);
  return items.length === 0 ? undefined : { from: base + place.from, to: offset, items };
}

/** The object as far as it can be read; without the line that is being written, if it cannot be read with it. */
function objectIn(text: string, offset: number): unknown {
  const read = (source: string): unknown => {
    const { documents, problems } = parseManifest(source);
    return problems.length > 0 || documents[0] === undefined ? undefined : valueOf(documents[0]);
  };
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  return (
    read(text) ??
    read(text.slice(0, lineStart) + (lineEnd === -1 ? '' : text.slice(lineEnd + 1))) ??
    read(text.slice(0, lineStart))
  );
}

interface Frame {
  /** Column of a key; of an item, half a column more, since items may stand right below the key that they belong to. */
  column: number;
  part: string | number;
}

const LINE =
  /^(?<indent> *)(?<dashes>(?:- +)*(?:-$)?)(?:(?<key>"[^"]*"|'[^']*'|[^\s#"'{[&*!|>%@:-][^\s:#]*) *:(?= |$))?(?<rest>.*)$/;
const CURRENT = /^(?<indent> *)(?<dashes>(?:- +)*)(?:(?<key>"[^"]*"|[\w./-]+) *: +)?(?<word>["']?[\w./:@-]*)$/;

/** Where the cursor is, told by indentation, which holds also while a line is half written. */
function placeOf(text: string, offset: number): Place | undefined {
  const lines = text.slice(0, offset).split('\n');
  const current = CURRENT.exec(lines.pop() ?? '')?.groups;
  if (current === undefined) return undefined;
  const frames: Frame[] = [];
  let block: number | undefined;
  for (const line of lines) {
    const { indent = '', dashes = '', key, rest = '' } = LINE.exec(line)?.groups ?? {};
    if (line.trim() === '' || (block !== undefined && indent.length > block)) continue;
    block = undefined;
    const column = enterItems(frames, indent.length, dashes);
    if (key === undefined) continue;
    enter(frames, { column, part: key.replaceAll(/["']/g, '') });
    if (/^ *[|>][-+\d]* *$/.test(rest)) block = column;
  }
  if (block !== undefined && (current['indent'] ?? '').length > block) return undefined;
  const { indent = '', dashes = '', key, word = '' } = current;
  const column = enterItems(frames, indent.length, dashes);
  while ((frames.at(-1)?.column ?? -1) >= column) frames.pop();
  const path = frames.map(({ part }) => part);
  const bare = word.replace(/^["']/, '');
  const place = { word: bare, from: offset - bare.length, indent: column };
  return key === undefined
    ? { ...place, path, isKey: true }
    : { ...place, path: [...path, key.replaceAll('"', '')], isKey: false };
}

/** Enters an item for each dash; gives the column of what follows them. */
function enterItems(frames: Frame[], indent: number, dashes: string): number {
  let column = indent;
  for (const [dash] of dashes.matchAll(/- *|-$/g)) {
    while ((frames.at(-1)?.column ?? -1) > column + 0.5) frames.pop();
    const before = frames.at(-1);
    enter(frames, { column: column + 0.5, part: before?.column === column + 0.5 ? Number(before.part) + 1 : 0 });
    column += dash.length;
  }
  return column;
}

function enter(frames: Frame[], frame: Frame): void {
  while ((frames.at(-1)?.column ?? -1) >= frame.column) frames.pop();
  frames.push(frame);
}

function resolve(schemas: Schemas, object: unknown, path: Path): { schema: Schema; value: unknown } | undefined {
  let schema: Schema | undefined = schemaOfObject(schemas, object);
  let value: unknown = object;
  for (const part of path) {
    schema = below(applied(schemas, schema, value), part);
    if (schema === undefined) return undefined;
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined;
  }
  return { schema: applied(schemas, schema, value), value };
}

function keys(schemas: Schemas, object: unknown, { path, word, indent }: Place): Suggestion[] {
  const found = resolve(schemas, object, path);
  if (found === undefined) return [];
  const present = typeof found.value === 'object' && found.value !== null ? Object.keys(found.value) : [];
  const required = new Set(found.schema.required);
  return Object.entries(found.schema.properties ?? {})
    .filter(([key]) => (key === word || !present.includes(key)) && key !== 'status')
    .toSorted(([a], [b]) => Number(required.has(b)) - Number(required.has(a)))
    .map(([key, schema]) => ({
      label: key,
      insert: `${key}:${opening(schema, indent)}`,
      kind: 'key' as const,
      detail: `${typeName(schema)}${required.has(key) ? ', required' : ''}`,
      doc: schema.description,
    }));
}

/** What follows the colon: the beginning of what is below, or a space. */
function opening({ type, properties, additionalProperties }: Schema, indent: number): string {
  const inner = ' '.repeat(indent + 2);
  if (type === 'array') return `\n${inner}- `;
  if (type === 'object' || properties !== undefined || typeof additionalProperties === 'object') return `\n${inner}`;
  return ' ';
}

/** The kind of value, for people. */
export function typeName(schema: Schema): string {
  if (schema.enum !== undefined) return 'one of several';
  if (schema['x-kubernetes-int-or-string'] === true) return 'number or text';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'string') return 'text';
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  return schema.type ?? 'anything';
}

function values(schemas: Schemas, object: unknown, { path }: Place, names: KnownNames): Suggestion[] {
  const value = (label: string, doc?: string): Suggestion => ({ label, insert: label, kind: 'value', doc });
  if (path.length === 1 && path[0] === 'kind') return Object.keys(schemas.kinds).map((key) => value(key.split(' ')[1] ?? ''));
  if (path.length === 1 && path[0] === 'apiVersion')
    return [...new Set(Object.keys(schemas.kinds).map((key) => key.split(' ')[0] ?? ''))].map((label) => value(label));
  const named = namesFor(path, object, names);
  if (named !== undefined) return named.map((label) => value(label));
  const schema = resolve(schemas, object, path)?.schema;
  if (schema?.enum !== undefined)
    return schema.enum
      .filter((each) => each !== '' && each !== null)
      .map((each) => value(String(each), path.at(-1) === 'uses' ? schemas.steps[String(each)]?.config.description : undefined));
  if (schema?.type === 'boolean') return [value('true'), value('false')];
  return schema?.default === undefined || typeof schema.default === 'object'
    ? []
    : [value(String(schema.default), 'What it is if nothing is given.')];
}

function namesFor(path: Path, object: unknown, names: KnownNames): readonly string[] | undefined {
  const end = path.filter((part) => typeof part === 'string').join('.');
  const parent = path
    .slice(0, -1)
    .reduce<unknown>(
      (at, part) => (typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[part] : undefined),
      object,
    );
  const kind = typeof parent === 'object' && parent !== null ? (parent as Record<string, unknown>)['kind'] : undefined;
  if (end.endsWith('origin.name')) return names.warehouses;
  if (end.endsWith('promotionPolicies.stage') || end.endsWith('sources.stages')) return names.stages;
  if (end.endsWith('verification.analysisTemplates.name'))
    return kind === 'ClusterAnalysisTemplate' ? names.clusterAnalysisTemplates : names.analysisTemplates;
  if (end.endsWith('task.name')) return kind === 'ClusterPromotionTask' ? names.clusterPromotionTasks : names.promotionTasks;
  return undefined;
}

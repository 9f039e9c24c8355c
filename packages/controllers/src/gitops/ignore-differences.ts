/** `spec.ignoreDifferences`: fields that never make an object out of sync. */
import type { Application, KubeObject } from '@kargo/api';
import { compileGlob } from '@kargo/gocompat';

interface Rule {
  group?: string;
  kind?: string;
  name?: string;
  namespace?: string;
  jsonPointers?: string[];
  jqPathExpressions?: string[];
  managedFieldsManagers?: string[];
}

/** Takes fields out of a copy of an object. `live` tells which fields belong to other managers; default: the object itself. */
export type WithoutIgnored = <T extends KubeObject>(object: T, live?: KubeObject) => T;

/** Elements of a list in which a field has a value. */
interface Select {
  readonly field: Path;
  readonly equals: unknown;
}
type Step = string | number | typeof EVERY | Select;
type Path = readonly Step[];
const EVERY = Symbol('every element');

/** A function that removes the fields an Application ignores. Throws, naming it, on a path that cannot be read. */
export function ignoredFields(app: Application): WithoutIgnored {
  const pathsOf = ignoredPaths(app);
  return (object, live = object) =>
    pathsOf(object, live).reduce<typeof object>((rest, path) => remove(rest, path) as typeof object, object);
}

/**
 * A function that gives the fields of a desired object that an Application ignores the values that they have live, in lists too: elements belong
 * together by what names them, else by their places. What is not there live stays as it is desired.
 */
export function withIgnoredAsLive(app: Application): <T extends KubeObject>(desired: T, live: KubeObject) => T {
  const pathsOf = ignoredPaths(app);
  return (desired, live) =>
    pathsOf(desired, live).reduce<typeof desired>((out, path) => carry(out, live, path) as typeof desired, desired);
}

function ignoredPaths(app: Application): (object: KubeObject, live: KubeObject) => Path[] {
  const rules = ((app.spec as { ignoreDifferences?: Rule[] }).ignoreDifferences ?? []).map((rule) => ({
    matches: matcher(rule),
    paths: [...(rule.jsonPointers ?? []).map(pointerPath), ...(rule.jqPathExpressions ?? []).map(jqPath)],
    managers: new Set(rule.managedFieldsManagers),
  }));
  return (object, live) =>
    rules.filter(({ matches }) => matches(object)).flatMap((rule) => [...rule.paths, ...managedPaths(live, rule.managers)]);
}

function matcher({ group = '', kind = '', name = '', namespace = '' }: Rule): (object: KubeObject) => boolean {
  const groups = compileGlob(group);
  const kinds = compileGlob(kind);
  return ({ apiVersion, kind: own, metadata }) => {
    const ownGroup = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    return (
      (group === ownGroup || groups.matches(ownGroup)) &&
      (kind === own || kinds.matches(own)) &&
      (name === '' || name === metadata.name) &&
      (namespace === '' || namespace === metadata.namespace)
    );
  };
}

function pointerPath(pointer: string): Path {
  if (!pointer.startsWith('/'))
    throw new Error(`ignoreDifferences: the JSON pointer ${JSON.stringify(pointer)} must begin with "/"`);
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const JQ_PART = /\.?(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w-]*))|\.?\[\s*(?:"((?:[^"\\]|\\.)*)"|(-?\d+)|)\s*\]/y;

const SELECT = /^select\(\s*(\.[^=!<>]*?)\s*==\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null)\s*\)$/;

/**
 * Paths of jq: `.a.b`, `.a["b"]`, `.a[]`, `.a[0]`, and parts of them joined by `|`, of which one may be `select(.field == "value")`. What
 * goes beyond them is not supported here.
 */
function jqPath(expression: string): Path {
  return expression.split('|').flatMap((part): Step[] => {
    const selected = SELECT.exec(part.trim());
    if (selected === null) return plainPath(part.trim(), expression);
    return [{ field: plainPath(selected[1]?.trim() ?? '', expression), equals: JSON.parse(selected[2] ?? 'null') as unknown }];
  });
}

function plainPath(text: string, expression: string): Step[] {
  const path: Step[] = [];
  const part = new RegExp(JQ_PART);
  while (part.lastIndex < text.length) {
    const match = text.startsWith('.') ? part.exec(text) : null;
    if (match === null)
      throw new Error(
        `ignoreDifferences: the embedded agent understands paths such as .spec.replicas, .spec.containers[].image or .spec.containers[] | select(.name == "x"), not ${JSON.stringify(expression)}`,
      );
    const [, quoted, name, key, index] = match;
    const field = quoted ?? key;
    if (field !== undefined) path.push(JSON.parse(`"${field}"`) as string);
    else path.push(name ?? (index === undefined ? EVERY : Number(index)));
  }
  return path;
}

interface ManagedFields {
  manager?: string;
  fieldsV1?: Record<string, unknown>;
}

/** The fields of a live object that belong to some managers. */
function managedPaths({ metadata }: KubeObject, managers: ReadonlySet<string>): Path[] {
  if (managers.size === 0) return [];
  const entries = (metadata as { managedFields?: ManagedFields[] }).managedFields ?? [];
  return entries.filter(({ manager = '' }) => managers.has(manager)).flatMap(({ fieldsV1 = {} }) => fieldPaths(fieldsV1));
}

/** `f:` is a field, `k:` an element by its keys, `.` the thing itself. */
function fieldPaths(fields: Record<string, unknown>): Path[] {
  return Object.entries(fields).flatMap(([key, below]): Path[] => {
    const nested = (below ?? {}) as Record<string, unknown>;
    if (key.startsWith('f:')) return under([key.slice(2)], nested);
    if (!key.startsWith('k:')) return [];
    const [[field, equals] = ['', undefined]] = Object.entries(JSON.parse(key.slice(2)) as Record<string, unknown>);
    return under([EVERY, { field: [field], equals }], nested);
  });
}

function under(path: Path, nested: Record<string, unknown>): Path[] {
  const below = fieldPaths(nested);
  return below.length === 0 ? [path] : below.map((rest) => [...path, ...rest]);
}

/** A copy without what the path leads to; the same value if it leads nowhere. */
function remove(value: unknown, [head, ...rest]: Path): unknown {
  if (head === undefined || typeof value !== 'object' || value === null) return value;
  if (typeof head === 'object') return isSelected(value, head) ? remove(value, rest) : value;
  if (Array.isArray(value)) {
    const [selects = 0, ...more] = rest;
    if (head === EVERY && typeof selects === 'object' && more.length === 0)
      return value.filter((item: unknown) => !isSelected(item, selects));
    if (head === EVERY) return rest.length === 0 ? [] : value.map((item: unknown) => remove(item, rest));
    const index = Number(head) < 0 ? value.length + Number(head) : Number(head);
    if (!Number.isInteger(index) || index >= value.length) return value;
    return rest.length === 0
      ? value.filter((_, at) => at !== index)
      : value.map((item: unknown, at) => (at === index ? remove(item, rest) : item));
  }
  const fields = value as Record<string, unknown>;
  if (head === EVERY)
    return rest.length === 0 ? {} : Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, remove(item, rest)]));
  if (!Object.hasOwn(fields, head)) return value;
  const { [head]: found, ...others } = fields;
  return rest.length === 0 ? others : { ...others, [head]: remove(found, rest) };
}

/** What names the elements of lists, in the order in which it is looked for. */
const ELEMENT_KEYS = ['name', 'containerPort', 'port', 'mountPath', 'devicePath', 'ip', 'topologyKey', 'key', 'type', 'id'];

/** `value` with what the path leads to in `live`. */
function carry(value: unknown, live: unknown, [head, ...rest]: Path): unknown {
  if (head === undefined) return live ?? value;
  if (typeof live !== 'object' || live === null) return value;
  if (typeof head === 'object') return isSelected(live, head) ? carry(value, live, rest) : value;
  if (Array.isArray(live)) return Array.isArray(value) ? carryElements(value, live, head, rest) : value;
  if (Array.isArray(value) || (value !== undefined && (typeof value !== 'object' || value === null))) return value;
  const fields = (value ?? {}) as Record<string, unknown>;
  const there = live as Record<string, unknown>;
  const keys = head === EVERY ? Object.keys(there) : Object.hasOwn(there, head) ? [String(head)] : [];
  const carried = keys.flatMap((key) => {
    const item = carry(fields[key], there[key], rest);
    return item === undefined ? [] : [[key, item] as const];
  });
  return carried.length === 0 ? value : { ...fields, ...Object.fromEntries(carried) };
}

function carryElements(
  value: readonly unknown[],
  live: readonly unknown[],
  head: string | number | typeof EVERY,
  rest: Path,
): unknown {
  if (head !== EVERY) {
    const index = Number(head) < 0 ? live.length + Number(head) : Number(head);
    return value.map((item, at) => (at === index && at < live.length ? carry(item, live[at], rest) : item));
  }
  if (rest.length === 0) return live;
  const counterparts = pairs(value, live);
  const out = value.map((item, at) => carry(item, counterparts[at], rest));
  const [selects] = rest;
  if (typeof selects !== 'object' || rest.length > 1) return out;
  // Whole elements are ignored: those that are there live, and not desired, stay.
  return [...out, ...live.filter((item) => isSelected(item, selects) && !counterparts.includes(item))];
}

/** For each element of a list, the one of another that belongs to it. */
function pairs(value: readonly unknown[], live: readonly unknown[]): unknown[] {
  const fieldOf = (item: unknown, key: string): unknown =>
    typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[key] : undefined;
  const key = ELEMENT_KEYS.find((name) => [...value, ...live].every((item) => fieldOf(item, name) !== undefined));
  if (key === undefined) return value.map((_, at) => live[at]);
  return value.map((item) => live.find((each) => fieldOf(each, key) === fieldOf(item, key)));
}

function isSelected(value: unknown, { field, equals }: Select): boolean {
  let found = value;
  for (const step of field) {
    if (typeof found !== 'object' || found === null || typeof step === 'object' || step === EVERY) return false;
    found = (found as Record<string | number, unknown>)[step];
  }
  return (found ?? null) === equals;
}

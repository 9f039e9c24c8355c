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
}

/** Takes fields out of a copy of an object. */
export type WithoutIgnored = <T extends KubeObject>(object: T) => T;

type Path = readonly (string | number | typeof EVERY)[];
const EVERY = Symbol('every element');

/** A function that removes the fields an Application ignores. Throws, naming it, on a path that cannot be read. */
export function ignoredFields(app: Application): WithoutIgnored {
  const rules = ((app.spec as { ignoreDifferences?: Rule[] }).ignoreDifferences ?? []).map((rule) => ({
    matches: matcher(rule),
    paths: [...(rule.jsonPointers ?? []).map(pointerPath), ...(rule.jqPathExpressions ?? []).map(jqPath)],
  }));
  if (rules.length === 0) return (object) => object;
  return (object) => {
    const paths = rules.filter(({ matches }) => matches(object)).flatMap((rule) => rule.paths);
    return paths.reduce<typeof object>((rest, path) => remove(rest, path) as typeof object, object);
  };
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

/** Paths of jq: `.a.b`, `.a["b"]`, `.a[]`, `.a[0]`. What goes beyond them (`select`, pipes) is not supported here. */
function jqPath(expression: string): Path {
  const text = expression.trim();
  const path: (string | number | typeof EVERY)[] = [];
  const part = new RegExp(JQ_PART);
  while (part.lastIndex < text.length) {
    const match = text.startsWith('.') ? part.exec(text) : null;
    if (match === null)
      throw new Error(
        `ignoreDifferences: the embedded agent understands paths such as .spec.replicas or .spec.containers[].image, not ${JSON.stringify(expression)}`,
      );
    const [, quoted, name, key, index] = match;
    const field = quoted ?? key;
    if (field !== undefined) path.push(JSON.parse(`"${field}"`) as string);
    else path.push(name ?? (index === undefined ? EVERY : Number(index)));
  }
  return path;
}

/** A copy without what the path leads to; the same value if it leads nowhere. */
function remove(value: unknown, [head, ...rest]: Path): unknown {
  if (head === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
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

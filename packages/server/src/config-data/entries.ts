import { annotations, type ObjectMeta } from '@kargo/api';
import { badRequest } from '../http/http-error.ts';

export type Entries = Record<string, string>;

const REPLICATE_TO = 'kargo.akuity.io/replicate-to';

/** `data` of a body: texts by key. Absent means empty; anything else fails with 400. */
export function entriesOf(body: Record<string, unknown>): Entries {
  const { data = {} } = body;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw badRequest('data must be an object');
  for (const [key, value] of Object.entries(data))
    if (typeof value !== 'string') throw badRequest(`data.${key} must be a string`);
  return data as Entries;
}

/** `removeKeys` of a body. */
export function removedKeys(body: Record<string, unknown>): readonly string[] {
  const { removeKeys = [] } = body;
  if (removeKeys === null) return [];
  if (!Array.isArray(removeKeys) || removeKeys.some((key) => typeof key !== 'string'))
    throw badRequest('removeKeys must be a list of strings');
  return removeKeys as string[];
}

/** The name of a new object. Fails with 400 when there is none. */
export function newName(body: Record<string, unknown>): string {
  const { name } = body;
  if (typeof name !== 'string' || name.trim() === '') throw badRequest('name should not be empty');
  return name;
}

/** Description of a body: undefined when it is not given, empty when it is to go. */
export function descriptionOf(body: Record<string, unknown>): string | undefined {
  const { description } = body;
  if (description === undefined || description === null) return undefined;
  if (typeof description !== 'string') throw badRequest('description must be a string');
  return description;
}

/** Metadata with the description, which goes when it is empty. */
export function withDescription(metadata: ObjectMeta, description: string): ObjectMeta {
  return withAnnotation(metadata, annotations.description, description === '' ? undefined : description);
}

/** Metadata that says whether the object is copied to every Project. */
export function withReplication(metadata: ObjectMeta, replicate: boolean): ObjectMeta {
  return withAnnotation(metadata, REPLICATE_TO, replicate ? '*' : undefined);
}

/** What a body that replaces an object says of it besides its data. */
export function replacedMetadata(metadata: ObjectMeta, body: Record<string, unknown>): ObjectMeta {
  return withReplication(withDescription(metadata, descriptionOf(body) ?? ''), body['replicate'] === true);
}

/** What a body that changes an object says of it besides its data: what is not given stays. */
export function patchedMetadata(metadata: ObjectMeta, body: Record<string, unknown>): ObjectMeta {
  const description = descriptionOf(body);
  return description === undefined ? metadata : withDescription(metadata, description);
}

function withAnnotation(metadata: ObjectMeta, name: string, value: string | undefined): ObjectMeta {
  const { [name]: _old, ...others } = metadata.annotations ?? {};
  const next = value === undefined ? others : { ...others, [name]: value };
  const { annotations: _annotations, ...rest } = metadata;
  return Object.keys(next).length === 0 ? rest : { ...rest, annotations: next };
}

export function isEmpty(entries: object): boolean {
  return Object.keys(entries).length === 0;
}

/** Texts as Secrets keep them. */
export function encoded(entries: Entries): Entries {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]));
}

/** Entries with changes merged in and keys taken out. */
export function patchedEntries(before: Entries | undefined, changes: Entries, removed: readonly string[]): Entries {
  const gone = new Set(removed);
  return Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([key]) => !gone.has(key)));
}

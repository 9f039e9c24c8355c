import type { Kind, KubeObject } from '@kargo/api';

/** A JSON Schema (2020-12), as it stands in the OpenAPI document. */
export interface JsonSchema {
  $ref?: string;
  type?: string | readonly string[];
  description?: string;
  format?: string;
  pattern?: string;
  enum?: readonly unknown[];
  default?: unknown;
  items?: JsonSchema;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
  [keyword: string]: unknown;
}

/** A query parameter. */
export interface Parameter {
  doc: string;
  schema: JsonSchema;
  required?: boolean;
}

/** What comes back: JSON of a schema, nothing, server-sent events, or text of a media type. */
export type Answer = { schema: JsonSchema } | 'nothing' | 'events' | { text: string };

/** What the caller must be allowed to do: `verb resource[/subresource]`, in the namespace that the path is about. */
export type Need = `${string} ${string}`;

/** One operation of the API: everything that is said about it in documents, checked in tests and asked for in audits. */
export interface Operation {
  /** Unique name. */
  id: string;
  summary: string;
  tag: string;
  /** Kind of the object that it is about. */
  kind?: string | undefined;
  query?: Readonly<Record<string, Parameter>> | undefined;
  /** Schema of a JSON body, or `manifests` for resources in YAML or JSON. */
  body?: JsonSchema | 'manifests' | undefined;
  /** Success by status code. Failures are alike everywhere. */
  answers: Readonly<Record<number, Answer>>;
  /** Every one of them must be allowed. */
  needs: readonly Need[];
  /** Whether it needs no token. */
  open?: boolean | undefined;
  /** Whether it is part of what Kargo's own description has; others are additions of this server. */
  addition?: boolean | undefined;
}

/** Operations by method and path below the prefix, in the form of the router: `GET /projects/:project/stages`. */
export type Operations = Readonly<Record<string, Operation>>;

export const text: JsonSchema = { type: 'string' };
export const flag: JsonSchema = { type: 'boolean' };
export const whole: JsonSchema = { type: 'integer', minimum: 0 };
export const texts: JsonSchema = { type: 'array', items: text };
export const map = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values });
export const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

export function object(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

/** A schema among the components of the document. */
export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

export const fields: Parameter = {
  doc: 'Paths of the fields that are wanted, such as metadata.labels,status.phase; or, with a minus before them, of those that are not',
  schema: texts,
};
const watching: Readonly<Record<string, Parameter>> = {
  watch: { doc: 'With true, the answer is a stream of changes', schema: flag },
  resourceVersion: { doc: 'With watch: the version after which changes are wanted', schema: text },
};
export const paging: Readonly<Record<string, Parameter>> = {
  limit: { doc: 'Most objects of the answer, 1,000 at most; without it, all come', schema: whole },
  continue: { doc: 'What metadata.continue of the page before said', schema: text },
};

type AnyKind = Pick<Kind<KubeObject>, 'kind' | 'listKind' | 'plural' | 'group'>;

/** A list of objects of a kind, or the stream of their changes. */
export function listing(
  id: string,
  kind: AnyKind,
  summary: string,
  { query = {}, watch = true }: { query?: Readonly<Record<string, Parameter>>; watch?: boolean } = {},
): Operation {
  return {
    id,
    summary,
    tag: kind.kind,
    kind: kind.kind,
    query: { ...query, ...paging, fields, ...(watch ? watching : {}) },
    answers: { 200: { schema: ref(kind.listKind) } },
    needs: [`list ${kind.plural}`],
  };
}

/** One object of a kind, or the stream of its changes. */
export function reading(id: string, kind: AnyKind, summary: string, { watch = true }: { watch?: boolean } = {}): Operation {
  return {
    id,
    summary,
    tag: kind.kind,
    kind: kind.kind,
    query: { fields, ...(watch ? watching : {}) },
    answers: { 200: { schema: ref(kind.kind) } },
    needs: [`get ${kind.plural}`],
  };
}

export function removing(
  id: string,
  kind: AnyKind,
  summary: string,
  needs: readonly Need[] = [`delete ${kind.plural}`],
): Operation {
  return { id, summary, tag: kind.kind, kind: kind.kind, answers: { 204: 'nothing' }, needs };
}

/** Something that is done to an object and has nothing to tell. */
export function acting(
  id: string,
  kind: AnyKind,
  summary: string,
  needs: readonly Need[],
  query?: Readonly<Record<string, Parameter>>,
): Operation {
  return { id, summary, tag: kind.kind, kind: kind.kind, query, answers: { 200: 'nothing' }, needs };
}

/** Marks operations that Kargo's own description does not have. */
export function additions(operations: Operations): Operations {
  return Object.fromEntries(Object.entries(operations).map(([key, operation]) => [key, { ...operation, addition: true }]));
}

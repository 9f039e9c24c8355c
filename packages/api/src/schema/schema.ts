/**
 * A builder for structural schemas: the subset of OpenAPI v3 that Kubernetes accepts in a CustomResourceDefinition.
 * One schema gives the TypeScript type ({@link Static}), defaulting, validation, the CRD and the reference page of a kind.
 */

declare const typeOf: unique symbol;
declare const optionalMark: unique symbol;

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A structural schema in its OpenAPI v3 form, as it stands in a CRD. */
export interface JsonSchema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  format?: string;
  pattern?: string;
  enum?: readonly Json[];
  default?: Json;
  nullable?: boolean;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  /** Whether `minimum` itself is too small. */
  exclusiveMinimum?: boolean;
  /** Whether `maximum` itself is too large. */
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  allOf?: readonly JsonSchema[];
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  not?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-embedded-resource'?: true;
  'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** A CEL rule of a CRD (`x-kubernetes-validations`). */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  /** Run also where there is no old value; `oldSelf` is then an optional. */
  optionalOldSelf?: boolean;
}

/** A structural schema for values of type `T`. */
export interface Schema<T> {
  readonly json: JsonSchema;
  readonly [typeOf]?: T;
}

/** A property that may be absent. */
export interface OptionalSchema<T> extends Schema<T> {
  readonly [optionalMark]: true;
}

/** The TypeScript type of the values a schema describes. */
export type Static<S> = S extends Schema<infer T> ? T : never;

type Properties = Record<string, Schema<unknown>>;
type OptionalKeys<P extends Properties> = { [K in keyof P]: P[K] extends OptionalSchema<unknown> ? K : never }[keyof P];
type Flatten<T> = { [K in keyof T]: T[K] };

/** The object type of a set of properties: required ones, then optional ones. */
export type ObjectOf<P extends Properties> = Flatten<
  { [K in Exclude<keyof P, OptionalKeys<P>>]: Static<P[K]> } & { [K in OptionalKeys<P>]?: Static<P[K]> | undefined }
>;

/** Options every schema takes. `doc` becomes the description. */
export interface Annotations {
  doc?: string;
  nullable?: boolean;
  rules?: readonly ValidationRule[];
}

interface StringOptions extends Annotations {
  default?: string;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
}

interface NumberOptions extends Annotations {
  default?: number;
  minimum?: number;
  maximum?: number;
  format?: string;
}

interface ArrayOptions extends Annotations {
  default?: Json[];
  minItems?: number;
  maxItems?: number;
  listType?: 'atomic' | 'map' | 'set';
  listMapKeys?: readonly string[];
}

interface ObjectOptions extends Annotations {
  default?: Json;
  minProperties?: number;
  /** Keep fields that the schema does not name. */
  preserveUnknown?: boolean;
  mapType?: 'atomic' | 'granular';
}

function make<T>(json: JsonSchema, { doc, nullable, rules }: Annotations = {}): Schema<T> {
  return {
    json: {
      ...(doc === undefined ? {} : { description: doc }),
      ...(doc === undefined ? json : withoutDescription(json)),
      ...(nullable === true ? { nullable: true } : {}),
      ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
    },
  };
}

function withoutDescription(json: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== 'description'));
}

function rest<O extends object>(options: O, ...taken: string[]): Partial<O> {
  return Object.fromEntries(
    Object.entries(options).filter(([key]) => !taken.includes(key) && key !== 'doc' && key !== 'nullable' && key !== 'rules'),
  ) as Partial<O>;
}

/** The builder. Everything it returns is a structural schema. */
export const s = {
  string: (options: StringOptions = {}): Schema<string> => make({ type: 'string', ...rest(options) }, options),
  /** A string that is one of `values`. */
  enum: <const V extends readonly string[]>(values: V, options: Annotations & { default?: V[number] } = {}): Schema<V[number]> =>
    make({ type: 'string', enum: [...values], ...rest(options) }, options),
  bool: (options: Annotations & { default?: boolean } = {}): Schema<boolean> =>
    make({ type: 'boolean', ...rest(options) }, options),
  /** A whole number; `format` defaults to none (use `int32`/`int64` where the wire format names one). */
  int: (options: NumberOptions = {}): Schema<number> => make({ type: 'integer', ...rest(options) }, options),
  number: (options: NumberOptions = {}): Schema<number> => make({ type: 'number', ...rest(options) }, options),
  /** RFC 3339 timestamp. */
  time: (options: Annotations = {}): Schema<string> => make({ type: 'string', format: 'date-time' }, options),
  intOrString: (options: Annotations = {}): Schema<number | string> => make({ 'x-kubernetes-int-or-string': true }, options),
  array: <T>(items: Schema<T>, options: ArrayOptions = {}): Schema<T[]> =>
    make(
      {
        type: 'array',
        items: items.json,
        ...rest(options, 'listType', 'listMapKeys'),
        ...(options.listType === undefined ? {} : { 'x-kubernetes-list-type': options.listType }),
        ...(options.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': options.listMapKeys }),
      },
      options,
    ),
  map: <T>(values: Schema<T>, options: Annotations = {}): Schema<Record<string, T>> =>
    make({ type: 'object', additionalProperties: values.json }, options),
  /** Any JSON value, kept as it is. */
  any: (options: Annotations = {}): Schema<Json> => make({ 'x-kubernetes-preserve-unknown-fields': true }, options),
  /** A value of type `T` that the schema does not describe, not even whether it is an object; admission checks it. */
  opaque: <T>(options: Annotations = {}): Schema<T> => make({ 'x-kubernetes-preserve-unknown-fields': true }, options),
  /** A JSON object whose fields are not described. */
  anyObject: (options: Annotations = {}): Schema<{ [key: string]: Json }> =>
    make({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, options),
  object: <P extends Properties>(properties: P, options: ObjectOptions = {}): Schema<ObjectOf<P>> => {
    const required = Object.entries(properties)
      .filter(([, value]) => !('optional' in value) || 'required' in value)
      .map(([key]) => key);
    return make(
      {
        type: 'object',
        properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, value.json])),
        ...(required.length === 0 ? {} : { required }),
        ...rest(options, 'preserveUnknown', 'mapType'),
        ...(options.preserveUnknown === true ? { 'x-kubernetes-preserve-unknown-fields': true as const } : {}),
        ...(options.mapType === undefined ? {} : { 'x-kubernetes-map-type': options.mapType }),
      },
      options,
    );
  },
  /** Marks a property of {@link s.object} as one that may be absent. */
  optional: <T>(schema: Schema<T>): OptionalSchema<T> => ({ ...schema, optional: true }) as unknown as OptionalSchema<T>,
  /** Marks a property that users may leave out because it has a default, and that is always there once stored. */
  defaulted: <T>(schema: Schema<T>): OptionalSchema<T> =>
    ({ ...schema, optional: true, required: true }) as unknown as OptionalSchema<T>,
  /** The same schema with other rules or another description. */
  with: <T>(schema: Schema<T>, options: Annotations): Schema<T> => make(schema.json, options),
};

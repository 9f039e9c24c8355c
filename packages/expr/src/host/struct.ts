import type { Signature, TypeName } from './function.ts';
import type { Value } from '../values/value.ts';

/** One field of a host object's type. */
export interface StructField {
  /** The name in expressions, e.g. `RepoURL`. */
  readonly name: string;
  /** The name in JSON, also accepted in expressions, e.g. `repoURL`. */
  readonly json: string;
  readonly type?: TypeName | undefined;
}

/** One method of a host object's type. */
export interface StructMethod {
  readonly name: string;
  readonly signature: Signature;
  readonly call: (self: Struct, args: readonly Value[]) => Value;
}

/** The type of host objects: which fields and methods they have. Anything else is an error already when compiling. */
export class StructType {
  readonly name: string;
  readonly fields: readonly StructField[];
  readonly methods: readonly StructMethod[];
  readonly #fields = new Map<string, StructField>();
  readonly #methods = new Map<string, StructMethod>();

  constructor(name: string, fields: readonly StructField[], methods: readonly StructMethod[] = []) {
    this.name = name;
    this.fields = fields;
    this.methods = methods;
    for (const field of fields) this.#fields.set(field.json, field);
    for (const field of fields) this.#fields.set(field.name, field);
    for (const method of methods) this.#methods.set(method.name, method);
  }

  /** The field of either name, if any. */
  field(name: string): StructField | undefined {
    return this.#fields.get(name);
  }

  method(name: string): StructMethod | undefined {
    return this.#methods.get(name);
  }

  /** An object of this type. `values` are by JSON name; fields that are absent read as nil. */
  of(values: Readonly<Record<string, Value>>, text?: string): Struct {
    return new Struct(this, values, text);
  }
}

/** A host object: `.RepoURL` and `.repoURL` read the same field; as JSON it is an object with the JSON names. */
export class Struct {
  readonly type: StructType;
  readonly values: Readonly<Record<string, Value>>;
  /** If given, the object renders as this text (as JSON and as string) instead of field by field. */
  readonly text?: string | undefined;
  constructor(type: StructType, values: Readonly<Record<string, Value>>, text?: string) {
    this.type = type;
    this.values = values;
    this.text = text;
  }

  /** The value of a field by its JSON name. */
  get(json: string): Value {
    return Object.hasOwn(this.values, json) ? this.values[json] : null;
  }
}

import type { FieldError, JsonSchema, Kind, KubeObject } from '@kargo/api';
import type { JsonObject } from '../object/json.ts';
import { defaulterOf, type Defaulter } from './defaults.ts';
import { wholeSchema } from './object-meta.ts';
import { prune, type UnknownField } from './prune.ts';
import { validate, type ValidationContext } from './validate.ts';

/** What the schema of a kind does to its objects. */
export class KindSchema {
  readonly #schema: JsonSchema;
  readonly #applyDefaults: Defaulter;
  readonly #context: ValidationContext;

  constructor(kind: Kind, context: ValidationContext) {
    this.#schema = wholeSchema(kind);
    this.#applyDefaults = defaulterOf(this.#schema);
    this.#context = context;
  }

  /** Removes unknown fields and fills in defaults, in place. Returns the fields that were removed. */
  normalize(object: JsonObject): UnknownField[] {
    const unknown = prune(object, this.#schema);
    this.#applyDefaults(object);
    return unknown;
  }

  /** Removes unknown fields, in place. */
  prune(object: JsonObject): UnknownField[] {
    return prune(object, this.#schema);
  }

  /**
   * Every problem of an object. What is as it was in `old` is not looked at again, as in Kubernetes: what was stored under other rules can
   * be changed in its other parts.
   */
  validate(object: KubeObject, old: KubeObject | undefined): FieldError[] {
    return validate(object, old, this.#schema, this.#context);
  }
}

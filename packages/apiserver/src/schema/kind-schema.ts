import type { FieldError, JsonSchema, Kind, KubeObject } from '@kargo/api';
import type { JsonObject } from '../object/json.ts';
import { applyDefaults } from './defaults.ts';
import { wholeSchema } from './object-meta.ts';
import { prune, type UnknownField } from './prune.ts';
import { validate, type ValidationContext } from './validate.ts';

/** What the schema of a kind does to its objects. */
export class KindSchema {
  readonly #schema: JsonSchema;
  readonly #context: ValidationContext;

  constructor(kind: Kind, context: ValidationContext) {
    this.#schema = wholeSchema(kind);
    this.#context = context;
  }

  /** Removes unknown fields and fills in defaults, in place. Returns the fields that were removed. */
  normalize(object: JsonObject): UnknownField[] {
    const unknown = prune(object, this.#schema);
    applyDefaults(object, this.#schema);
    return unknown;
  }

  /** Removes unknown fields, in place. */
  prune(object: JsonObject): UnknownField[] {
    return prune(object, this.#schema);
  }

  validate(object: KubeObject, old: KubeObject | undefined): FieldError[] {
    return validate(object, old, this.#schema, this.#context);
  }
}

import type { Kind } from '@kargo/api';
import { KindSchema } from './kind-schema.ts';
import type { ValidationContext } from './validate.ts';

/** Returns the schema of a kind, compiled once. */
export function schemaCache(context: ValidationContext): (kind: Kind) => KindSchema {
  const cache = new WeakMap<Kind, KindSchema>();
  return (kind) => {
    let schema = cache.get(kind);
    if (schema === undefined) {
      schema = new KindSchema(kind, context);
      cache.set(kind, schema);
    }
    return schema;
  };
}

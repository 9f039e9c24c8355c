import { ApiError, type JsonSchema } from '@kargo/api';
import { clone } from '@kargo/kube';
import { isObject, own, setOwn } from '../object/json.ts';
import { MAX_OBJECT } from '../registry/object-size.ts';

/**
 * Fills in the defaults of one schema, in place. What is frozen is left alone: it was stored, and has them. Fails with
 * `RequestEntityTooLarge` where they would make more than an object may be: a default for each of many items is much more than was sent.
 */
export type Defaulter = (value: unknown) => void;

interface DefaultedField {
  readonly key: string;
  readonly preset: unknown;
  /** Of the default as JSON, in bytes. */
  readonly size: number;
  readonly nullable: boolean;
  readonly below: Node | undefined;
}

/** The fields with defaults in or below them, by name: most parts of a schema have none, and are not walked. */
interface Node {
  readonly properties: readonly DefaultedField[];
  readonly additional: Node | undefined;
  readonly items: Node | undefined;
  readonly named: JsonSchema['properties'];
}

/**
 * Compiles the defaults of a schema. As in Kubernetes, a null where null is not allowed and a default exists counts as absent; a default
 * is applied only where its parent exists.
 */
export function defaulterOf(schema: JsonSchema): Defaulter {
  const node = nodeOf(schema);
  return (value) => {
    if (node !== undefined) apply(value, node, { left: MAX_OBJECT });
  };
}

function nodeOf(schema: JsonSchema): Node | undefined {
  const properties = Object.entries(schema.properties ?? {}).flatMap(([key, property]): DefaultedField[] => {
    const below = nodeOf(property);
    const { default: preset, nullable = false } = property;
    if (below === undefined && preset === undefined) return [];
    return [{ key, preset, size: preset === undefined ? 0 : JSON.stringify(preset).length, nullable, below }];
  });
  const additional = typeof schema.additionalProperties === 'object' ? nodeOf(schema.additionalProperties) : undefined;
  const items = schema.items === undefined ? undefined : nodeOf(schema.items);
  if (properties.length === 0 && additional === undefined && items === undefined) return undefined;
  return { properties, additional, items, named: schema.properties };
}

function apply(value: unknown, node: Node, budget: { left: number }): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  if (Array.isArray(value)) {
    if (node.items !== undefined) for (const item of value) apply(item, node.items, budget);
    return;
  }
  if (!isObject(value)) return;
  for (const { key, preset, size, nullable, below } of node.properties) {
    const current = Object.hasOwn(value, key) ? value[key] : undefined;
    if (preset !== undefined && (current === undefined || (current === null && !nullable))) {
      budget.left -= size;
      if (budget.left < 0)
        throw new ApiError(
          'RequestEntityTooLarge',
          `Request entity too large: the limit for objects, with their defaults, is ${MAX_OBJECT}`,
        );
      setOwn(value, key, clone(preset));
    }
    if (below !== undefined && value[key] !== undefined) apply(value[key], below, budget);
  }
  if (node.additional === undefined) return;
  for (const [key, item] of Object.entries(value)) if (own(node.named, key) === undefined) apply(item, node.additional, budget);
}

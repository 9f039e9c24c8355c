import type { JsonSchema } from '@kargo/api';
import { clone } from '@kargo/kube';
import { isObject, own, setOwn } from '../object/json.ts';

/** Fills in the defaults of one schema, in place. What is frozen is left alone: it was stored, and has them. */
export type Defaulter = (value: unknown) => void;

/** The fields with defaults in or below them, by name: most parts of a schema have none, and are not walked. */
interface Node {
  readonly properties: readonly (readonly [key: string, schema: JsonSchema, below: Node | undefined])[];
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
    if (node !== undefined) apply(value, node);
  };
}

function nodeOf(schema: JsonSchema): Node | undefined {
  const properties = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const below = nodeOf(property);
    return below === undefined && property.default === undefined ? [] : [[key, property, below] as const];
  });
  const additional = typeof schema.additionalProperties === 'object' ? nodeOf(schema.additionalProperties) : undefined;
  const items = schema.items === undefined ? undefined : nodeOf(schema.items);
  if (properties.length === 0 && additional === undefined && items === undefined) return undefined;
  return { properties, additional, items, named: schema.properties };
}

function apply(value: unknown, node: Node): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  if (Array.isArray(value)) {
    if (node.items !== undefined) for (const item of value) apply(item, node.items);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, { default: preset, nullable }, below] of node.properties) {
    const current = Object.hasOwn(value, key) ? value[key] : undefined;
    if (preset !== undefined && (current === undefined || (current === null && nullable !== true)))
      setOwn(value, key, clone(preset));
    if (below !== undefined && value[key] !== undefined) apply(value[key], below);
  }
  if (node.additional === undefined) return;
  for (const [key, item] of Object.entries(value)) if (own(node.named, key) === undefined) apply(item, node.additional);
}

import type { JsonSchema, Kind } from '@kargo/api';
import { isObject, own } from '../object/json.ts';
import { wholeSchema } from '../schema/object-meta.ts';

/** How a list merges: as a whole, as a set of values, or item by item where the keys are equal. */
export type ListShape =
  | 'atomic'
  | 'set'
  | {
      readonly keys: readonly string[];
      /** Values of keys that are not given. */
      readonly defaults?: Readonly<Record<string, unknown>> | undefined;
    };

/** How a value merges with another of the same kind. */
export interface Shape {
  /** Whether an object is replaced as a whole. */
  readonly atomic: boolean;
  readonly list: ListShape;
  /** The shape of a field, or of the items of a list (`undefined`). */
  child(field: string | undefined): Shape;
  /** Whether a field is described by name, and not an entry of a map. */
  names(field: string): boolean;
}

/** The shape of whole objects of a kind. */
export function shapeOf(kind: Kind): Shape {
  const object = kind.schema === undefined ? coreShape('', '') : schemaShape(wholeSchema(kind));
  return { ...object, child: (field) => (field === 'metadata' ? METADATA : object.child(field)) };
}

function schemaShape(schema: JsonSchema): Shape {
  const keys = schema['x-kubernetes-list-map-keys'];
  const type = schema['x-kubernetes-list-type'];
  return {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    list:
      type === 'map' && keys !== undefined ? { keys, defaults: keyDefaults(schema, keys) } : type === 'set' ? 'set' : 'atomic',
    child: (field) => {
      const inner = field === undefined ? schema.items : (own(schema.properties, field) ?? schema.additionalProperties);
      return typeof inner === 'object' ? schemaShape(inner) : UNKNOWN;
    },
    names: (field) => schema.properties !== undefined && Object.hasOwn(schema.properties, field),
  };
}

function keyDefaults({ items }: JsonSchema, keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = own(items?.properties, key)?.default;
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

/** What no schema describes: objects merge field by field, lists are replaced. */
const UNKNOWN: Shape = { atomic: false, list: 'atomic', child: () => UNKNOWN, names: () => false };

const METADATA: Shape = {
  ...UNKNOWN,
  names: () => true,
  child: (field) => {
    if (field === 'ownerReferences') return { ...UNKNOWN, list: { keys: ['uid'] } };
    return field === 'finalizers' ? { ...UNKNOWN, list: 'set' } : UNKNOWN;
  },
};

/** Keys of lists in Kubernetes' own kinds, by the field that holds the list. */
const CORE_LISTS: Readonly<Record<string, ListShape>> = {
  conditions: { keys: ['type'] },
  containers: { keys: ['name'] },
  env: { keys: ['name'] },
  ephemeralContainers: { keys: ['name'] },
  hostAliases: { keys: ['ip'] },
  imagePullSecrets: { keys: ['name'] },
  initContainers: { keys: ['name'] },
  secrets: { keys: ['name'] },
  topologySpreadConstraints: { keys: ['topologyKey', 'whenUnsatisfiable'] },
  volumeDevices: { keys: ['devicePath'] },
  volumeMounts: { keys: ['mountPath'] },
  volumes: { keys: ['name'] },
};

/** Kinds without schema take the merge keys of Kubernetes by the names of fields. Data and selectors hold no lists with keys. */
function coreShape(parent: string, field: string): Shape {
  const list =
    field === 'ports'
      ? { keys: [parent === 'spec' ? 'port' : 'containerPort', 'protocol'], defaults: { protocol: 'TCP' } }
      : (own(CORE_LISTS, field) ?? 'atomic');
  return {
    atomic: field === 'selector' || field === 'nodeSelector' || field === 'secretRef' || field === 'roleRef',
    list,
    child: (name) => (name === undefined ? coreShape(parent, '') : coreShape(field, name)),
    names: () => parent === '' && field === '',
  };
}

/** The text that stands for an item of a list among its siblings, as field sets write it; undefined where it has no key. */
export function itemElement(list: ListShape, item: unknown): string | undefined {
  if (list === 'atomic') return undefined;
  if (list === 'set') return `v:${JSON.stringify(item)}`;
  if (!isObject(item)) return undefined;
  // Optional keys may be absent; an item without any key cannot be told from others.
  if (list.keys.every((key) => item[key] === undefined)) return undefined;
  const entries = list.keys
    .map((key) => [key, item[key] ?? list.defaults?.[key]] as const)
    .filter(([, value]) => value !== undefined);
  return `k:${JSON.stringify(Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))))}`;
}

import { createHash } from 'node:crypto';
import { resourceName, type Kind, type KubeObject } from '@kargo/api';
import { clone, equal, type Log } from '@kargo/kube';
import { isObject, type JsonObject } from '../object/json.ts';
import type { KindSchema } from '../schema/kind-schema.ts';
import type { LogStore } from '../store/log-store.ts';

/** A change of what objects of a resource look like, for objects that were stored before it. */
export interface Migration {
  /** Names the migration for good: it runs once on every store. */
  id: string;
  /** `plural.group`, or `plural` for the core group. */
  resource: string;
  /** Changes a private copy in place. Must leave alone what is in the new form already. */
  migrate(object: JsonObject): void;
}

export interface MigrationOptions {
  schemaOf: (kind: Kind) => KindSchema;
  migrations: readonly Migration[];
  log: Log;
}

const DONE = 'migrations';
const SCHEMAS = 'schemas';

/**
 * Brings stored objects to the form that this version writes: runs the migrations that have not run yet, and, for every kind whose schema
 * is not the one they were stored with, drops unknown fields and fills in defaults. What changed gets a new resourceVersion. Interrupted,
 * it begins again at the next start. Objects that the new schema refuses stay, and are reported.
 */
export function migrateStored(store: LogStore, kinds: readonly Kind[], { schemaOf, migrations, log }: MigrationOptions): void {
  const done = new Set(read(store, DONE, Array.isArray) ?? []);
  const due = migrations.filter(({ id }) => !done.has(id));
  const known = read(store, SCHEMAS, isObject) ?? {};
  const schemas = Object.fromEntries(
    kinds.flatMap((kind) => (kind.schema === undefined ? [] : [[resourceName(kind), hashOf(kind)]])),
  );
  for (const kind of kinds) {
    const resource = resourceName(kind);
    const steps = due.filter((migration) => migration.resource === resource);
    const reshaped = schemas[resource] !== undefined && known[resource] !== schemas[resource];
    if (steps.length === 0 && !reshaped) continue;
    const counts = migrateKind(store, kind, schemaOf(kind), steps);
    if (counts.changed + counts.refused > 0) log.info({ resource, ...counts }, 'stored objects were brought to the newest form');
  }
  // In memory, and on the first start, there is nothing to remember but the forms of now.
  void store.flush();
  if (store.failing) return;
  if (due.length > 0) store.setMeta(DONE, JSON.stringify([...done, ...due.map(({ id }) => id)]));
  if (!equal(known, schemas)) store.setMeta(SCHEMAS, JSON.stringify(schemas));
}

function migrateKind(
  store: LogStore,
  kind: Kind,
  schema: KindSchema,
  steps: readonly Migration[],
): { changed: number; refused: number } {
  const resource = resourceName(kind);
  const counts = { changed: 0, refused: 0 };
  for (const { object } of store.list(resource)) {
    const copy = clone(object) as KubeObject;
    for (const { migrate } of steps) migrate(copy as unknown as JsonObject);
    schema.normalize(copy as unknown as JsonObject);
    if (kind.schema !== undefined && schema.validate(copy, undefined).length > 0) counts.refused++;
    if (equal(copy, object)) continue;
    counts.changed++;
    const { namespace, name = '', resourceVersion } = object.metadata;
    // Stored with the next flush; a medium that fails here fails the first write of a caller too, and tells that caller.
    store.write({ resource, key: { namespace, name }, expect: resourceVersion, object: copy }).catch(() => undefined);
  }
  return counts;
}

function read<T>(store: LogStore, name: string, is: (value: unknown) => value is T): T | undefined {
  const value: unknown = JSON.parse(store.meta(name) ?? 'null');
  return is(value) ? value : undefined;
}

function hashOf(kind: Kind): string {
  return createHash('sha256').update(JSON.stringify(kind.schema)).digest('hex').slice(0, 16);
}

import { createHash } from 'node:crypto';
import { apiVersionOf, resourceName, type Kind, type KubeObject } from '@kargo/api';
import { clone, equal, nextTurn, type Log } from '@kargo/kube';
import { isObject, type JsonObject } from '../object/json.ts';
import type { KindSchema } from '../schema/kind-schema.ts';
import type { LogStore } from '../store/log-store.ts';
import type { Store } from '../store/store.ts';

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
    const counts = { changed: 0, refused: 0 };
    for (const { object } of store.list(resource))
      // Stored with the next flush; a medium that fails here fails the first write of a caller too, and tells that caller.
      migrateObject(store, kind, object, schemaOf(kind), steps, counts)?.catch(() => undefined);
    if (counts.changed + counts.refused > 0) log.info({ resource, ...counts }, 'stored objects were brought to the newest form');
  }
  // In memory, and on the first start, there is nothing to remember but the forms of now.
  void store.flush();
  if (store.failing) return;
  if (due.length > 0) store.setMeta(DONE, JSON.stringify([...done, ...due.map(({ id }) => id)]));
  if (!equal(known, schemas)) store.setMeta(SCHEMAS, JSON.stringify(schemas));
}

/** How many objects were changed, and how many do not fit the schema and stay as they are. */
export interface MigrationCounts {
  changed: number;
  refused: number;
}

/**
 * Brings the objects of a kind to the form of its schema and to the version that is stored. Others get their turns in between. Resolves
 * when all is stored; whoever changes an object meanwhile wins.
 */
export async function migrateKind(store: Store, kind: Kind, schema: KindSchema): Promise<MigrationCounts> {
  const counts = { changed: 0, refused: 0 };
  const resource = resourceName(kind);
  let after: string | undefined;
  for (;;) {
    const page = store.list(resource, { after }).slice(0, PAGE);
    const writes: Promise<unknown>[] = [];
    for (const { object } of page) {
      const write = migrateObject(store, kind, object, schema, [], counts);
      if (write !== undefined) writes.push(write);
    }
    await Promise.all(writes);
    if (page.length < PAGE) return counts;
    after = page.at(-1)?.position;
    await nextTurn();
  }
}

const PAGE = 200;

/** Undefined where nothing has to change. */
function migrateObject(
  store: Store,
  kind: Kind,
  object: KubeObject,
  schema: KindSchema,
  steps: readonly Migration[],
  counts: MigrationCounts,
): Promise<unknown> | undefined {
  const copy = clone(object) as KubeObject;
  for (const { migrate } of steps) migrate(copy as unknown as JsonObject);
  copy.apiVersion = apiVersionOf(kind);
  schema.normalize(copy as unknown as JsonObject);
  if (kind.schema !== undefined && schema.validate(copy, undefined).length > 0) counts.refused++;
  if (equal(copy, object)) return undefined;
  counts.changed++;
  const { namespace, name = '', resourceVersion } = object.metadata;
  return store.write({ resource: resourceName(kind), key: { namespace, name }, expect: resourceVersion, object: copy });
}

function read<T>(store: LogStore, name: string, is: (value: unknown) => value is T): T | undefined {
  const value: unknown = JSON.parse(store.meta(name) ?? 'null');
  return is(value) ? value : undefined;
}

function hashOf(kind: Kind): string {
  return createHash('sha256').update(JSON.stringify(kind.schema)).digest('hex').slice(0, 16);
}

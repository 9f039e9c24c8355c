import { ApiError, apiVersionOf, type Kind, type KubeObject, type ManagedFieldsEntry } from '@kargo/api';
import { equal } from '@kargo/kube';
import { isObject, type JsonObject } from '../object/json.ts';
import { compare, fieldsOf } from '../patch/field-paths.ts';
import { FieldSet } from '../patch/field-set.ts';
import { KUBECTL, lastApplied, withLastApplied } from './last-applied.ts';
import { shapeOf, type Shape } from '../patch/shape.ts';
import { removeFields, structuredMerge } from '../patch/structured-merge.ts';

/** Who writes, as far as the ownership of fields goes. */
export interface FieldWriter {
  manager: string;
  subresource: 'status' | undefined;
  /** RFC 3339. */
  now: string;
}

/** What is applied, and the same without the fields that the schema does not know: those have no owner. */
export interface Applied {
  applied: KubeObject;
  known: KubeObject;
}

interface Owner {
  manager: string;
  operation: 'Apply' | 'Update';
  subresource: string | undefined;
  apiVersion: string;
  time: string | undefined;
  fields: FieldSet;
  /** As it stands in the record, and the fields that were read of it: written again as it is while it has the same. */
  read?: { fields: FieldSet; entry: ManagedFieldsEntry } | undefined;
}

/** Owns the fields of objects that were made before anybody applied them. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** Owns what all but the newest writers wrote. */
const ANCIENT = 'ancient-changes';
const MAX_UPDATE_OWNERS = 10;

/**
 * Server-side apply: what the writer applies is laid over the live object; what it applied before and does not now is removed unless
 * others own it. Fails with `Conflict` where it would change fields of others, unless forced; kubectl may also change what kubectl applied
 * before on the client side.
 */
export function applyFields(
  kind: Kind,
  live: KubeObject,
  { applied, known }: Applied,
  writer: FieldWriter,
  force: boolean,
): KubeObject {
  const shape = shapeOf(kind);
  const current = content(live);
  const wanted = content(applied);
  const owners = ownersOf(kind, live, shape, writer.now);
  const mine = owners.find((owner) => isWriter(owner, writer, 'Apply'));
  const others = owners.filter((owner) => owner !== mine);
  const fields = owned(kind, fieldsOf(content(known), shape), writer.subresource);

  const merged = structuredMerge(current, restricted(wanted, kind, writer.subresource), shape);
  const dropped = (mine?.fields ?? FieldSet.empty).difference(fields);
  const keep = others.reduce((all, owner) => all.union(owner.fields), fields);
  const result = removeFields(merged, shape, dropped, keep) as JsonObject;

  const { changed, removed } = compare(current, result, shape);
  const taken = others.map((owner) => ({ owner, fields: owner.fields.intersection(changed).intersection(fields) }));
  if (!force) {
    const free = writer.manager === KUBECTL && writer.subresource === undefined ? lastApplied(kind, live, shape) : FieldSet.empty;
    refuseConflicts(
      kind,
      taken.map(({ owner, fields: contested }) => ({ owner, fields: contested.difference(free) })),
    );
  }
  const left = taken.map(({ owner, fields: lost }) => ({ ...owner, fields: owner.fields.difference(lost).difference(removed) }));
  const unchanged = mine !== undefined && mine.fields.equals(fields) && equal(current, result);
  const self: Owner = { ...ownerOf(kind, writer, 'Apply', fields), ...(unchanged ? { time: mine.time } : {}) };
  const made = withOwners(result, live, [...left, self]);
  return writer.manager === KUBECTL ? withLastApplied(made, applied) : made;
}

/** The owners of the fields of an object that the writer creates by applying it. */
export function appliedNew(kind: Kind, { applied, known }: Applied, writer: FieldWriter): KubeObject {
  const fields = owned(kind, fieldsOf(content(known), shapeOf(kind)), writer.subresource);
  return withOwners(content(applied), applied, [ownerOf(kind, writer, 'Apply', fields)]);
}

/** The record of an object that the writer creates without applying it. */
export function trackCreate(kind: Kind, object: KubeObject, writer: FieldWriter): ManagedFieldsEntry[] {
  const { changed } = compare({}, content(object), shapeOf(kind));
  return entriesOf([ownerOf(kind, writer, 'Update', owned(kind, changed, 'whole'))]);
}

/**
 * Hands the fields that another way of writing changed to the writer. `before` carries the record to start from. Does nothing for objects
 * without a record.
 */
export function trackUpdate(
  kind: Kind,
  before: KubeObject,
  after: KubeObject,
  writer: FieldWriter,
): ManagedFieldsEntry[] | undefined {
  if ((before.metadata.managedFields?.length ?? 0) === 0) return undefined;
  const shape = shapeOf(kind);
  const { changed, removed } = compare(content(before), content(after), shape);
  const touched = owned(kind, changed, 'whole');
  if (touched.isEmpty && removed.isEmpty) return before.metadata.managedFields;
  const owners = ownersOf(kind, before, shape, writer.now);
  const mine = owners.find((owner) => isWriter(owner, writer, 'Update'));
  const left = owners
    .filter((owner) => owner !== mine)
    .map((owner) => ({ ...owner, fields: owner.fields.difference(touched).difference(removed) }));
  const fields = (mine?.fields ?? FieldSet.empty).union(touched).difference(removed);
  return entriesOf(capped([...left, { ...ownerOf(kind, writer, 'Update', fields), read: mine?.read }]));
}

/** Whether text is a record that can be read: what cannot be read counts as not sent. */
export function isRecord(entries: unknown): entries is ManagedFieldsEntry[] {
  return (
    Array.isArray(entries) &&
    entries.length > 0 &&
    entries.every(
      (entry) =>
        isObject(entry) &&
        (entry['operation'] === 'Apply' || entry['operation'] === 'Update') &&
        entry['fieldsType'] === 'FieldsV1' &&
        isObject(entry['fieldsV1']),
    )
  );
}

function ownerOf(kind: Kind, writer: FieldWriter, operation: Owner['operation'], fields: FieldSet): Owner {
  const { manager, subresource, now } = writer;
  return { manager, operation, subresource, apiVersion: apiVersionOf(kind), time: now, fields };
}

/** Many writers that did not apply make one entry, so that the record stays bounded. */
function capped(owners: readonly Owner[]): Owner[] {
  const updates = owners.filter(({ operation }) => operation === 'Update');
  if (updates.length <= MAX_UPDATE_OWNERS) return [...owners];
  const byAge = updates.toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1));
  const old = byAge.slice(0, updates.length - MAX_UPDATE_OWNERS + 1);
  const [newest] = old.slice(-1);
  const ancient: Owner[] =
    newest === undefined
      ? []
      : [
          {
            ...newest,
            manager: ANCIENT,
            subresource: undefined,
            fields: old.reduce((all, { fields }) => all.union(fields), FieldSet.empty),
          },
        ];
  return [...ancient, ...owners.filter((owner) => !old.includes(owner))];
}

function isWriter(owner: Owner, { manager, subresource }: FieldWriter, operation: Owner['operation']): boolean {
  return owner.manager === manager && owner.operation === operation && owner.subresource === subresource;
}

/** An object without what nobody owns: identity and what only the server sets. */
function content(object: KubeObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What may be applied here: all but status, or status alone. */
function restricted(wanted: JsonObject, kind: Kind, subresource: 'status' | undefined): JsonObject {
  if (subresource === 'status') return { status: wanted['status'] };
  if (!kind.statusSubresource) return wanted;
  const { status: _, ...rest } = wanted;
  return rest;
}

const SERVER_FIELDS = [
  'name',
  'namespace',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generateName',
  'generation',
  'resourceVersion',
  'selfLink',
  'uid',
].map((field) => `f:${field}`);

/** The fields that can have owners: of the part that is written, or of the whole object. */
function owned(kind: Kind, fields: FieldSet, part: 'status' | 'whole' | undefined): FieldSet {
  const metadata = fields.child('f:metadata').without(...SERVER_FIELDS);
  const own = fields.without('f:apiVersion', 'f:kind').with('f:metadata', new FieldSet(false, metadata.children));
  if (part === 'status') return FieldSet.empty.with('f:status', own.child('f:status'));
  return part === undefined && kind.statusSubresource ? own.without('f:status') : own;
}

function ownersOf(kind: Kind, object: KubeObject, shape: Shape, now: string): Owner[] {
  const entries = object.metadata.managedFields ?? [];
  if (entries.length > 0)
    return entries.map((entry) => {
      const fields = FieldSet.fromFieldsV1(entry.fieldsV1);
      return {
        manager: entry.manager ?? '',
        operation: entry.operation ?? 'Update',
        subresource: entry.subresource,
        apiVersion: entry.apiVersion ?? apiVersionOf(kind),
        time: entry.time,
        fields,
        read: { fields, entry },
      };
    });
  const fields = owned(kind, fieldsOf(content(object), shape), 'whole');
  return [
    {
      manager: BEFORE_FIRST_APPLY,
      operation: 'Update',
      subresource: undefined,
      apiVersion: apiVersionOf(kind),
      time: now,
      fields,
    },
  ];
}

function entriesOf(owners: readonly Owner[]): ManagedFieldsEntry[] {
  return owners
    .filter(({ fields }) => !fields.isEmpty)
    .map(({ fields, subresource, time, read, ...rest }) => ({
      ...rest,
      ...(subresource === undefined ? {} : { subresource }),
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: (read?.fields === fields ? read.entry.fieldsV1 : undefined) ?? fields.toFieldsV1(),
    }));
}

function withOwners(result: JsonObject, base: KubeObject, owners: readonly Owner[]): KubeObject {
  const metadata = { ...(result['metadata'] as JsonObject), name: base.metadata.name, managedFields: entriesOf(owners) };
  return { ...result, apiVersion: base.apiVersion, kind: base.kind, metadata } as unknown as KubeObject;
}

function refuseConflicts(kind: Kind, taken: readonly { owner: Owner; fields: FieldSet }[]): void {
  const causes = taken.flatMap(({ owner, fields }) =>
    fields.paths().map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${owner.manager}"${describe(owner)} using ${owner.apiVersion}`,
      field,
    })),
  );
  if (causes.length === 0) return;
  const list = causes.map(({ message, field }) => `${message}: ${field}`);
  throw new ApiError(
    'Conflict',
    `Apply failed with ${causes.length} ${causes.length === 1 ? 'conflict' : 'conflicts'}: ${list.join(', ')}`,
    {
      details: { group: kind.group, kind: kind.plural, causes },
    },
  );
}

function describe({ subresource }: Owner): string {
  return subresource === undefined ? '' : ` with subresource "${subresource}"`;
}

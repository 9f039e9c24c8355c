import { resourceName, type Kind, type KubeObject, type ListMeta, type PrinterColumn } from '@kargo/api';
import { compileJSONPathExpression, formatAge, type JSONPath } from '@kargo/gocompat';
import { isObject } from '../object/json.ts';
import { partialMetadata } from './partial-metadata.ts';

interface Column {
  definition: { name: string; type: string; format: string; description: string; priority: number };
  cell: (object: KubeObject, now: number) => unknown;
}

/** A row of a table. */
export interface Row {
  cells: unknown[];
  object?: unknown;
}

/** Tables as `kubectl get` asks for them: the server chooses the columns. */
export class Tables {
  readonly #columns = new WeakMap<Kind, readonly Column[]>();

  /** `columns: false` leaves the definitions out, as in all but the first event of a watch. */
  table(
    kind: Kind,
    objects: readonly KubeObject[],
    {
      metadata,
      include,
      now,
      columns = true,
    }: { metadata: ListMeta; include: 'None' | 'Metadata' | 'Object'; now: number; columns?: boolean },
  ): object {
    const cells = this.#columnsOf(kind);
    const rows = objects.map((object): Row => ({
      cells: cells.map(({ cell }) => cell(object, now)),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : partialMetadata(object) }),
    }));
    return {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      columnDefinitions: columns ? cells.map(({ definition }) => definition) : [],
      rows,
    };
  }

  #columnsOf(kind: Kind): readonly Column[] {
    let columns = this.#columns.get(kind);
    if (columns === undefined) {
      const own = OWN_COLUMNS[resourceName(kind)] ?? kind.printerColumns.map(printerColumn);
      columns = [NAME, ...(own.length === 0 ? [AGE] : own)];
      this.#columns.set(kind, columns);
    }
    return columns;
  }
}

function column(
  name: string,
  type: string,
  cell: Column['cell'],
  options: { format?: string; description?: string; priority?: number } = {},
): Column {
  return { definition: { name, type, format: '', description: '', priority: 0, ...options }, cell };
}

const NAME = column('Name', 'string', ({ metadata }) => metadata.name, {
  format: 'name',
  description: 'Name of the object, unique within its kind and namespace.',
});
const AGE = column('Age', 'string', ({ metadata }, now) => age(metadata.creationTimestamp, now), {
  description: 'Time since the object was created.',
});

function printerColumn({ name, type, jsonPath, description, priority }: PrinterColumn): Column {
  const path = compileJSONPathExpression(jsonPath);
  return column(name, type, (object, now) => cellOf(path, type, object, now), {
    description: description ?? jsonPath,
    priority: priority ?? 0,
  });
}

function cellOf(path: JSONPath, type: PrinterColumn['type'], object: KubeObject, now: number): unknown {
  const found = path.first(object);
  if (!found.found || found.value === null || found.value === undefined) return null;
  const { value } = found;
  switch (type) {
    case 'date':
      return age(value, now);
    case 'integer':
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'string':
      return typeof value === 'string'
        ? value
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value as number | boolean);
  }
}

function age(value: unknown, now: number): string {
  const since = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(since) ? '<unknown>' : formatAge(now - since);
}

function field(object: unknown, ...path: string[]): unknown {
  let value = object;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

function count(...values: unknown[]): number {
  return values.reduce<number>(
    (sum, value) => sum + (isObject(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : 0),
    0,
  );
}

function ready(object: KubeObject, of: string): string {
  return `${Number(field(object, 'status', of) ?? 0)}/${Number(field(object, 'spec', 'replicas') ?? 1)}`;
}

/** Columns that no path can describe, of Kubernetes' own kinds. */
const OWN_COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  configmaps: [column('Data', 'integer', (object) => count(field(object, 'data'), field(object, 'binaryData'))), AGE],
  secrets: [
    column('Type', 'string', (object) => field(object, 'type')),
    column('Data', 'integer', (object) => count(field(object, 'data'))),
    AGE,
  ],
  serviceaccounts: [column('Secrets', 'integer', (object) => count(field(object, 'secrets'))), AGE],
  events: [
    column('Last Seen', 'string', (object, now) =>
      age(field(object, 'lastTimestamp') ?? field(object, 'eventTime') ?? object.metadata.creationTimestamp, now),
    ),
    column('Type', 'string', (object) => field(object, 'type') ?? null),
    column('Reason', 'string', (object) => field(object, 'reason') ?? null),
    column(
      'Object',
      'string',
      (object) =>
        `${String(field(object, 'involvedObject', 'kind') ?? '').toLowerCase()}/${String(field(object, 'involvedObject', 'name') ?? '')}`,
    ),
    column('Message', 'string', (object) => field(object, 'message') ?? null),
  ],
  'deployments.apps': [
    column('Ready', 'string', (object) => ready(object, 'readyReplicas')),
    column('Up-to-date', 'integer', (object) => field(object, 'status', 'updatedReplicas') ?? 0),
    column('Available', 'integer', (object) => field(object, 'status', 'availableReplicas') ?? 0),
    AGE,
  ],
  'jobs.batch': [
    column('Status', 'string', jobStatus),
    column(
      'Completions',
      'string',
      (object) => `${Number(field(object, 'status', 'succeeded') ?? 0)}/${Number(field(object, 'spec', 'completions') ?? 1)}`,
    ),
    AGE,
  ],
  pods: [column('Status', 'string', (object) => field(object, 'status', 'phase') ?? null), AGE],
  'customresourcedefinitions.apiextensions.k8s.io': [column('Created At', 'date', ({ metadata }) => metadata.creationTimestamp)],
};

function jobStatus(object: KubeObject): string {
  const conditions = field(object, 'status', 'conditions');
  const met = Array.isArray(conditions) ? conditions.find((condition) => field(condition, 'status') === 'True') : undefined;
  const type = field(met, 'type');
  return typeof type === 'string' ? type : 'Running';
}

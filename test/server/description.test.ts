import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Freight, kargoKinds, Promotion, Stage, type JsonSchema } from '@kargo/api';
import { interceptClient } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { openPipeline } from './harness.ts';

/** A schema of the published description, as far as it matters here. */
interface Described {
  $ref?: string;
  allOf?: Described[];
  properties?: Record<string, Described>;
  items?: Described;
  additionalProperties?: Described | boolean;
  required?: string[];
}

interface Description {
  definitions: Record<string, Described>;
}

const file = join(process.env['KARGO_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'reference/rest-api.swagger.json');
const description = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Description) : undefined;
if (description === undefined) console.warn(`skipped: the published description of the REST API is not at ${file}`);

describe.skipIf(description === undefined)('the published description of the API', () => {
  const { definitions } = description ?? { definitions: {} };
  const resolve = (schema: Described): Described =>
    schema.$ref !== undefined
      ? resolve(definitions[schema.$ref.replace('#/definitions/', '')] ?? {})
      : schema.allOf !== undefined
        ? Object.assign({}, ...schema.allOf.map(resolve))
        : schema;

  /** Paths of `value` that the description does not have. */
  function undescribed(value: unknown, schema: Described, path: string): string[] {
    const known = resolve(schema);
    if (typeof value !== 'object' || value === null) return [];
    if (Array.isArray(value))
      return known.items === undefined ? [] : value.flatMap((item) => undescribed(item, known.items ?? {}, `${path}[]`));
    const fields = known.properties;
    if (fields === undefined) {
      const each = known.additionalProperties;
      return typeof each === 'object'
        ? Object.entries(value).flatMap(([key, item]) => undescribed(item, each, `${path}.${key}`))
        : [];
    }
    return Object.entries(value).flatMap(([key, item]) => {
      const field = fields[key];
      return field === undefined ? [`${path}.${key}`] : undescribed(item, field, `${path}.${key}`);
    });
  }

  it.each([Stage, Freight, Promotion] as const)('has every field of a $kind that the reference CLI gets', async (kind) => {
    const { client } = await openPipeline();
    const metadata = { name: 'full', namespace: 'demo' };
    const full = {
      ...(exampleOf(kind.schema ?? {}) as object),
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: kind.kind,
      metadata,
    };
    // No API would store such an object: it has every field there is.
    const privileged = interceptClient(client, {
      around: (call, next) => (call.verb === 'get' && call.kind.kind === kind.kind ? Promise.resolve(full as never) : next()),
    });
    const server = await openPipeline({ privileged });
    const path = `/projects/demo/${kind.plural === 'freights' ? 'freight' : kind.plural}/full`;
    const reference = await server.call('GET', path, undefined, { 'x-kargo-cli-version': 'v1.12.0' });
    expect(reference.status).toBe(200);
    expect(undescribed(reference.body, definitions[kind.kind] ?? {}, kind.kind)).toEqual([]);
    const ours = await server.call('GET', path, undefined, { 'x-kargo-cli-version': 'v0.1.0', 'x-kargo-client': 'ts' });
    expect(ours.body).toEqual(JSON.parse(JSON.stringify(full)));
  });

  it('names only fields of other kinds that the resource model has', () => {
    const others = kargoKinds.filter(
      ({ kind }) => !['Stage', 'Freight', 'Promotion'].includes(kind) && definitions[kind] !== undefined,
    );
    expect(others.length).toBeGreaterThan(4);
    for (const { kind, schema } of others)
      expect(
        undescribed(exampleOf(schema ?? {}), definitions[kind] ?? {}, kind).filter((path) => path !== `${kind}.metadata`),
      ).toEqual([]);
  });
});

/** A value with every field that a schema names. */
function exampleOf(schema: JsonSchema): unknown {
  if (schema.properties !== undefined)
    return Object.fromEntries(Object.entries(schema.properties).map(([name, field]) => [name, exampleOf(field)]));
  if (schema.items !== undefined) return [exampleOf(schema.items)];
  if (typeof schema.additionalProperties === 'object') return { key: exampleOf(schema.additionalProperties) };
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'object':
      return {};
    default:
      return schema.enum?.[0] ?? 'text';
  }
}

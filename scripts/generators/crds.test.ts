/** Compares the generated CRDs with the published ones: every property, type and rule. Deliberate differences are listed with reasons. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argoKinds, crdOf, type JsonSchema, kargoKinds, resourceName } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { crdFiles } from './crds.ts';

const root = join(import.meta.dirname, '..', '..');
const shared = process.env['KARGO_SHARED'] ?? join(root, '..', 'shared');
const reference = join(shared, 'reference', 'crds');
const isThere = existsSync(reference);
if (!isThere)
  console.warn(`skipped: comparison with the published CRDs, as ${reference} is absent (KARGO_SHARED names the folder)`);

interface Definition {
  metadata: { name: string };
  spec: {
    names: Record<string, unknown>;
    scope: string;
    versions: {
      name: string;
      subresources?: unknown;
      additionalPrinterColumns?: unknown[];
      schema: { openAPIV3Schema: JsonSchema };
    }[];
  };
}

/** Differences that are meant: where, and why. */
const DELIBERATE: { at: RegExp; why: string }[] = [
  { at: /^\S+ schema \S*\.healthCheckCommit$/, why: 'the commits of the seed document carry it' },
  { at: /^stages\S* schema \.status\.phase$/, why: 'the seed document shows the phase of a Stage' },
  { at: /^stages\S* schema \.status\.health\.argoCDApps\b/, why: 'the seed document shows the Applications of a Stage there' },
  {
    at: /^stages\S* schema \.status\.processedPromotions(Until)?(\[\])?$/,
    why: 'which Promotions were taken note of cannot be told from names: results would be lost',
  },
  {
    at: /^stages\S* schema \.spec\.verification\.onFailure$/,
    why: 'what a failed verification of verified Freight means is a choice',
  },
  { at: /^stages\S* schema \.status\.health\.relapses\b/, why: 'health that comes and goes must stay before it counts' },
  { at: /^stages\S* schema \.spec\.promotionOrder$/, why: 'a Stage chooses between promoting in order and the latest only' },
  { at: /^freights\S* schema \.status\.approvedFor\{\}\.approvedBy$/, why: 'who approved is told of even by who was not there' },
  { at: /^\S+ schema \S*\.supersededBy$/, why: 'what is superseded says by what' },
  { at: /^\S+ schema \S*\.retry\.errorThreshold$/, why: 'a negative number of errors means nothing and is refused at once' },
];

/** One line per fact of a schema; descriptions and the wording of messages do not count. */
function factsOf(schema: JsonSchema, path = ''): Map<string, string> {
  const out = new Map<string, string>();
  const { properties, items, additionalProperties, description: _, ...own } = schema;
  const validations = own['x-kubernetes-validations']?.map(({ rule, fieldPath }) => ({ rule, fieldPath }));
  const facts = {
    ...own,
    ...(own.required === undefined ? {} : { required: own.required.toSorted() }),
    ...(validations === undefined ? {} : { 'x-kubernetes-validations': validations }),
  };
  out.set(path === '' ? '.' : path, JSON.stringify(Object.entries(facts).toSorted(([a], [b]) => (a < b ? -1 : 1))));
  const add = (inner: JsonSchema, at: string): void => factsOf(inner, at).forEach((value, key) => out.set(key, value));
  for (const [name, property] of Object.entries(properties ?? {})) add(property, `${path}.${name}`);
  if (items !== undefined) add(items, `${path}[]`);
  if (typeof additionalProperties === 'object') add(additionalProperties, `${path}{}`);
  return out;
}

function factsOfDefinition(definition: Definition): Map<string, string> {
  const out = new Map<string, string>();
  const { names, scope, versions } = definition.spec;
  for (const [key, value] of Object.entries(names)) out.set(`names.${key}`, JSON.stringify(value));
  out.set('scope', scope);
  for (const version of versions) {
    out.set('version', version.name);
    out.set('subresources', JSON.stringify(version.subresources ?? {}));
    version.additionalPrinterColumns?.forEach((column, index) => {
      const { name, type, jsonPath } = column as Record<string, string>;
      out.set(`column ${index}`, `${name} ${type} ${jsonPath}`);
    });
    factsOf(version.schema.openAPIV3Schema).forEach((value, key) => out.set(`schema ${key}`, value));
  }
  return out;
}

function differences(ours: Definition, theirs: Definition): string[] {
  const [have, want] = [factsOfDefinition(ours), factsOfDefinition(theirs)];
  return [...new Set([...have.keys(), ...want.keys()])]
    .filter((key) => have.get(key) !== want.get(key))
    .map(
      (key) =>
        `${ours.metadata.name} ${key}\n  ours:      ${have.get(key) ?? 'absent'}\n  published: ${want.get(key) ?? 'absent'}`,
    );
}

/** Kinds that are ours alone. */
const OWN: ReadonlySet<string> = new Set(['WebhookDelivery']);
const publishedKinds = kargoKinds.filter(({ kind }) => !OWN.has(kind));

describe.skipIf(!isThere)('generated CRDs agree with the published ones', () => {
  const published = isThere
    ? readdirSync(reference).map((file) => parse(readFileSync(join(reference, file), 'utf8')) as Definition)
    : [];

  it('[S01] they define the same kinds', () => {
    expect(publishedKinds.map(resourceName).toSorted()).toEqual(published.map(({ metadata }) => metadata.name).toSorted());
  });

  it.each(publishedKinds.map((kind) => [resourceName(kind), kind] as const))('%s', (name, kind) => {
    const theirs = published.find(({ metadata }) => metadata.name === name);
    const ours = crdOf(kind) as unknown as Definition;
    const found = theirs === undefined ? [`${name} is not published`] : differences(ours, theirs);
    expect(found.filter((line) => !DELIBERATE.some(({ at }) => at.test(line.split('\n')[0] ?? '')))).toEqual([]);
  });

  it('every deliberate difference is still one', () => {
    const all = publishedKinds.flatMap((kind) => {
      const theirs = published.find(({ metadata }) => metadata.name === resourceName(kind));
      return theirs === undefined ? [] : differences(crdOf(kind) as unknown as Definition, theirs);
    });
    const first = all.map((line) => line.split('\n')[0] ?? '');
    expect(DELIBERATE.filter(({ at }) => !first.some((line) => at.test(line)))).toEqual([]);
  });
});

describe.skipIf(!isThere)('kinds of Argo CD and Argo Rollouts', () => {
  const files: Record<string, string> = {
    AnalysisTemplate: 'analysis-template-crd.yaml',
    ClusterAnalysisTemplate: 'cluster-analysis-template-crd.yaml',
    AnalysisRun: 'analysis-run-crd.yaml',
    Application: 'application-crd.yaml',
  };

  // The published definition of AppProject is not among the reference files.
  it.each(argoKinds.filter(({ kind }) => kind !== 'AppProject').map((kind) => [kind.kind, kind] as const))(
    'fields that %s names are as published',
    (name, kind) => {
      const theirs = parse(readFileSync(join(shared, 'reference', 'argo', files[name] ?? ''), 'utf8')) as Definition;
      const published = theirs.spec.versions[0]?.schema.openAPIV3Schema ?? {};
      expect(kind.scope).toBe(theirs.spec.scope);
      expect([...kind.shortNames]).toEqual(theirs.spec.names['shortNames']);
      expect(mismatches(kind.schema ?? {}, published, '')).toEqual([]);
    },
  );

  function mismatches(ours: JsonSchema, theirs: JsonSchema | undefined, path: string): string[] {
    if (theirs === undefined) return [`${path} is not published`];
    const kindOf = (schema: JsonSchema): string => `${schema.type ?? 'any'} ${schema.format ?? ''}`.trim();
    const out =
      kindOf(ours) === kindOf(theirs) || ours.type === undefined ? [] : [`${path}: ${kindOf(ours)}, published ${kindOf(theirs)}`];
    const missing = (ours.required ?? []).filter((name) => !theirs.required?.includes(name));
    if (missing.length > 0) out.push(`${path} requires ${missing.join(', ')}, the published one does not`);
    for (const [name, property] of Object.entries(ours.properties ?? {}))
      out.push(...mismatches(property, theirs.properties?.[name], `${path}.${name}`));
    if (ours.items !== undefined) out.push(...mismatches(ours.items, theirs.items, `${path}[]`));
    return out;
  }
});

describe('generated CRDs', () => {
  it('describe every field', () => {
    const bare = (schema: JsonSchema, path: string): string[] => [
      ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
        ...(property.description === undefined ? [`${path}.${name}`] : []),
        ...bare(property, `${path}.${name}`),
      ]),
      ...(schema.items === undefined ? [] : bare(schema.items, `${path}[]`)),
      ...(typeof schema.additionalProperties === 'object' ? bare(schema.additionalProperties, `${path}{}`) : []),
    ];
    expect(kargoKinds.flatMap((kind) => bare(kind.schema ?? {}, kind.kind))).toEqual([]);
  });

  it('read back as what they were written from', async () => {
    const files = await crdFiles();
    expect(files.size).toBe(kargoKinds.length);
    expect([...files.values()].map((text) => parse(text) as unknown)).toEqual(
      kargoKinds.map((kind) => JSON.parse(JSON.stringify(crdOf(kind)))),
    );
  });
});

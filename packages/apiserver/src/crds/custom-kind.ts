import type { FieldError, JsonSchema, Kind, KubeObject, PrinterColumn } from '@kargo/api';
import { isObject, type JsonObject } from '../object/json.ts';
import { columnErrors, structuralErrors } from './schema-errors.ts';
import { selectableErrors, selectablePaths } from './selectable-fields.ts';

/** What a CustomResourceDefinition defines. */
export interface CustomKinds {
  /** The version that is stored. */
  stored: Kind;
  /** The versions that are served. */
  served: readonly Kind[];
}

/** The kinds that a CustomResourceDefinition defines. Undefined for one that is not well formed. */
export function customKinds(definition: KubeObject): CustomKinds | undefined {
  const spec = specOf(definition);
  const versions = versionsOf(spec);
  const found = versions.find(({ storage }) => storage === true);
  const stored = found === undefined ? undefined : kindOf(spec, found);
  if (stored === undefined) return undefined;
  const served = versions
    .filter((version) => version['served'] === true)
    .flatMap((version) => (version === found ? [stored] : (kindOf(spec, version) ?? [])));
  return { stored, served };
}

function kindOf(spec: JsonObject, version: JsonObject): Kind | undefined {
  const names = isObject(spec['names']) ? spec['names'] : {};
  const { plural, kind } = names;
  if (typeof version['name'] !== 'string' || typeof spec['group'] !== 'string') return undefined;
  if (typeof plural !== 'string' || typeof kind !== 'string') return undefined;
  return {
    group: spec['group'],
    version: version['name'],
    kind,
    plural,
    singular: text(names['singular']) ?? kind.toLowerCase(),
    listKind: text(names['listKind']) ?? `${kind}List`,
    shortNames: texts(names['shortNames']),
    categories: texts(names['categories']),
    scope: spec['scope'] === 'Cluster' ? 'Cluster' : 'Namespaced',
    statusSubresource: isObject(version['subresources']) && isObject(version['subresources']['status']),
    printerColumns: columns(version['additionalPrinterColumns']),
    selectableFields: selectablePaths(version['selectableFields']),
    schema: schemaOf(version) ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
}

function versionsOf(spec: JsonObject): JsonObject[] {
  return Array.isArray(spec['versions']) ? spec['versions'].filter(isObject) : [];
}

function specOf(definition: KubeObject): JsonObject {
  const { spec } = definition as KubeObject & { spec?: unknown };
  return isObject(spec) ? spec : {};
}

/** Metadata is the server's own business: what a schema says of it beyond its type is left out. */
function schemaOf(version: JsonObject): JsonSchema | undefined {
  const holder = version['schema'];
  const schema = isObject(holder) ? holder['openAPIV3Schema'] : undefined;
  if (!isObject(schema)) return undefined;
  const { properties, ...rest } = schema as JsonSchema;
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...own } = properties ?? {};
  return { ...rest, type: 'object', properties: own };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

const COLUMN_TYPES = ['string', 'integer', 'number', 'boolean', 'date'] as const;

function columns(value: unknown): PrinterColumn[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).flatMap((column) => {
    const type = COLUMN_TYPES.find((candidate) => candidate === column['type']);
    const name = text(column['name']);
    const jsonPath = text(column['jsonPath']);
    if (type === undefined || name === undefined || jsonPath === undefined) return [];
    const description = text(column['description']);
    const priority = column['priority'];
    return [
      {
        name,
        type,
        jsonPath,
        ...(description === undefined ? {} : { description }),
        ...(typeof priority === 'number' ? { priority } : {}),
      },
    ];
  });
}

/** Problems of a definition that would keep its kind from being served. */
export function definitionErrors(definition: KubeObject, old: KubeObject | undefined): FieldError[] {
  const spec = specOf(definition);
  const errors: FieldError[] = [];
  const required = (field: string, value: unknown): void => {
    if (typeof value !== 'string' || value === '') errors.push({ field, type: 'FieldValueRequired', detail: '' });
  };
  const names = isObject(spec['names']) ? spec['names'] : {};
  required('spec.group', spec['group']);
  required('spec.names.plural', names['plural']);
  required('spec.names.kind', names['kind']);
  if (spec['scope'] !== 'Namespaced' && spec['scope'] !== 'Cluster')
    errors.push({
      field: 'spec.scope',
      type: 'FieldValueNotSupported',
      value: spec['scope'],
      detail: 'supported values: "Cluster", "Namespaced"',
    });
  const wanted = `${String(names['plural'])}.${String(spec['group'])}`;
  if (errors.length === 0 && definition.metadata.name !== wanted)
    errors.push({
      field: 'metadata.name',
      type: 'FieldValueInvalid',
      value: definition.metadata.name,
      detail: `must be spec.names.plural+"."+spec.group`,
    });
  const versions = versionsOf(spec);
  const conversion = isObject(spec['conversion']) ? spec['conversion']['strategy'] : undefined;
  if (conversion !== undefined && conversion !== 'None')
    errors.push({
      field: 'spec.conversion.strategy',
      type: 'FieldValueNotSupported',
      value: conversion,
      detail: 'supported values: "None" (the embedded API calls no webhooks)',
    });
  const named = versions.map(({ name }) => name);
  for (const [index, name] of named.entries())
    if (named.indexOf(name) !== index)
      errors.push({ field: `spec.versions[${index}].name`, type: 'FieldValueDuplicate', value: name, detail: '' });
  const { status } = (old ?? {}) as { status?: { storedVersions?: unknown } };
  for (const [index, name] of texts(status?.storedVersions).entries())
    if (!named.includes(name))
      errors.push({
        field: `status.storedVersions[${index}]`,
        type: 'FieldValueInvalid',
        value: name,
        detail: 'missing from spec.versions; objects are still stored in it',
      });
  if (versions.filter(({ storage }) => storage === true).length !== 1)
    errors.push({
      field: 'spec.versions',
      type: 'FieldValueInvalid',
      detail: 'must have exactly one version marked as storage version',
    });
  for (const [index, version] of versions.entries()) {
    required(`spec.versions[${index}].name`, version['name']);
    const schema = schemaOf(version);
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    if (typeof version['served'] !== 'boolean')
      errors.push({ field: `spec.versions[${index}].served`, type: 'FieldValueRequired', detail: '' });
    if (schema === undefined) errors.push({ field: path, type: 'FieldValueRequired', detail: 'schemas are required' });
    else errors.push(...structuralErrors(schema, path));
    errors.push(...selectableErrors(version['selectableFields'], schema, `spec.versions[${index}].selectableFields`));
    errors.push(...columnErrors(version['additionalPrinterColumns'], `spec.versions[${index}].additionalPrinterColumns`));
  }
  if (old !== undefined)
    for (const field of ['group', 'scope'] as const)
      if (specOf(old)[field] !== spec[field])
        errors.push({ field: `spec.${field}`, type: 'FieldValueInvalid', value: spec[field], detail: 'field is immutable' });
  return errors;
}

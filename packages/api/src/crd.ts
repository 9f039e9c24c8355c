import { type Kind, resourceName } from './kind.ts';
import type { CustomResourceDefinition } from './kinds/core.ts';
import type { JsonSchema } from './schema/schema.ts';

/** The schema of a kind as a CRD carries it: with the fields every object has. */
export function openAPISchemaOf(kind: Pick<Kind, 'schema'>): JsonSchema {
  const schema: JsonSchema = kind.schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    ...schema,
    properties: {
      apiVersion: { type: 'string', description: 'Version of the API that the object is written in.' },
      kind: { type: 'string', description: 'Kind of the object.' },
      metadata: { type: 'object', description: 'Name, namespace, labels, annotations and what the system adds.' },
      ...schema.properties,
    },
  };
}

/** The CustomResourceDefinition of a kind, ready for `kubectl apply`. */
export function crdOf(kind: Kind): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: resourceName(kind) },
    spec: {
      group: kind.group,
      names: {
        kind: kind.kind,
        listKind: kind.listKind,
        plural: kind.plural,
        singular: kind.singular,
        ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
        ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
      },
      scope: kind.scope,
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          ...(kind.printerColumns.length === 0
            ? {}
            : { additionalPrinterColumns: kind.printerColumns.map((column) => ({ ...column })) }),
          subresources: kind.statusSubresource ? { status: {} } : {},
          schema: { openAPIV3Schema: openAPISchemaOf(kind) },
        },
      ],
    },
  };
}

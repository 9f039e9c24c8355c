import { apiVersionOf, type JsonSchema, type Kind } from '@kargo/api';
import { wholeSchema } from '../schema/object-meta.ts';

/** The name under which the schema of metadata stands in documents. */
export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** The name under which the schema of a kind stands in documents. */
export function schemaName({ group, version, kind }: Kind): string {
  const prefix = group === '' ? ['core', 'k8s', 'io'] : group.split('.');
  return [...prefix.toReversed(), version, kind].join('.');
}

/** The schema of whole objects of a kind, for people and tools. */
export function schemaOfKind(kind: Kind): object {
  const { properties = {}, ...rest }: JsonSchema = wholeSchema(kind);
  return {
    description: `${kind.kind} of ${apiVersionOf(kind)}.`,
    ...rest,
    properties: {
      ...properties,
      apiVersion: { type: 'string', description: 'Group and version of the schema of this object.' },
      kind: { type: 'string', description: 'What this object is.' },
      metadata: {
        description: 'Standard metadata of all objects.',
        default: {},
        allOf: [{ $ref: `#/components/schemas/${OBJECT_META}` }],
      },
    },
    'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: kind.kind }],
  };
}

import { createHash } from 'node:crypto';
import { apiVersionOf, type JsonSchema, type Kind } from '@kargo/api';
import type { KindIndex } from '../registry/kind-index.ts';
import { objectMetaSchema, wholeSchema } from '../schema/object-meta.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

interface Made {
  /** The version of the kinds that it was made of. */
  version: number;
  index: object;
  documents: ReadonlyMap<string, string>;
}

/** The documents of `/openapi/v3`, made anew only when kinds come or go. */
export class OpenAPI {
  readonly #kinds: KindIndex;
  #made: Made | undefined;

  constructor(kinds: KindIndex) {
    this.#kinds = kinds;
  }

  /** The index: one document for each group and version. */
  index(): object {
    return this.#current().index;
  }

  /** The document of a group and version as JSON text, or undefined when it is not served. */
  document(groupVersion: string): string | undefined {
    return this.#current().documents.get(groupVersion);
  }

  #current(): Made {
    if (this.#made?.version !== this.#kinds.version) this.#made = { version: this.#kinds.version, ...make(this.#kinds) };
    return this.#made;
  }
}

function make(kinds: KindIndex): Omit<Made, 'version'> {
  const groups = Map.groupBy(kinds.all(), (kind) => apiVersionOf(kind));
  const documents = new Map(
    [...groups].map(([groupVersion, members]) => [groupVersion, JSON.stringify(document(groupVersion, members))] as const),
  );
  const paths = Object.fromEntries(
    [...documents].map(([groupVersion, text]) => {
      const path = groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
      const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
    }),
  );
  return { index: { paths }, documents };
}

function document(groupVersion: string, kinds: readonly Kind[]): object {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: groupVersion },
    paths: Object.assign({}, ...kinds.map(paths)) as object,
    components: {
      schemas: {
        [META]: objectMetaSchema,
        ...Object.fromEntries(kinds.map((kind) => [schemaName(kind), schema(kind)])),
      },
    },
  };
}

function schemaName({ group, version, kind }: Kind): string {
  const prefix = group === '' ? ['core', 'k8s', 'io'] : group.split('.');
  return [...prefix.toReversed(), version, kind].join('.');
}

function schema(kind: Kind): object {
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
        allOf: [{ $ref: `#/components/schemas/${META}` }],
      },
    },
    'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: kind.kind }],
  };
}

/** The operations that clients look up before they use a parameter, and through which they find the schema of a resource. */
function paths(kind: Kind): object {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
  const collection = `${root}${kind.scope === 'Namespaced' ? '/namespaces/{namespace}' : ''}/${kind.plural}`;
  const write = [query('dryRun', 'string'), query('fieldManager', 'string'), query('fieldValidation', 'string')];
  const place = kind.scope === 'Namespaced' ? [path('namespace')] : [];
  const all = kind.scope === 'Namespaced' ? { [`${root}/${kind.plural}`]: { get: operation(kind, 'list', []) } } : {};
  return {
    ...all,
    [collection]: {
      parameters: place,
      get: operation(kind, 'list', [
        query('labelSelector', 'string'),
        query('fieldSelector', 'string'),
        query('limit', 'integer'),
        query('watch', 'boolean'),
      ]),
      post: { ...operation(kind, 'post', write), requestBody: body(kind, ['application/json', 'application/yaml']) },
    },
    [`${collection}/{name}`]: {
      parameters: [...place, path('name')],
      get: operation(kind, 'get', []),
      put: { ...operation(kind, 'put', write), requestBody: body(kind, ['application/json', 'application/yaml']) },
      patch: {
        ...operation(kind, 'patch', [...write, query('force', 'boolean')]),
        requestBody: body(kind, ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']),
      },
      delete: operation(kind, 'delete', [query('dryRun', 'string'), query('propagationPolicy', 'string')]),
    },
  };
}

function operation(kind: Kind, action: string, parameters: readonly object[]): object {
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(kind)}` } } };
  return {
    operationId: `${action}${kind.group === '' ? 'Core' : kind.group.replaceAll(/[^A-Za-z]/g, '')}${kind.version}${kind.kind}`,
    parameters,
    responses: { '200': { description: 'OK', content } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}

function body(kind: Kind, types: readonly string[]): object {
  return {
    required: true,
    content: Object.fromEntries(types.map((type) => [type, { schema: { $ref: `#/components/schemas/${schemaName(kind)}` } }])),
  };
}

function query(name: string, type: string): object {
  return { name, in: 'query', schema: { type, uniqueItems: true } };
}

function path(name: string): object {
  return { name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } };
}

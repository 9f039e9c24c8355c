import { createHash } from 'node:crypto';
import { apiVersionOf, type Kind } from '@kargo/api';
import type { KindIndex } from '../registry/kind-index.ts';
import type { JsonObject } from '../object/json.ts';
import { objectMetaSchema } from '../schema/object-meta.ts';
import { OBJECT_META, schemaName, schemaOfKind } from './openapi-schemas.ts';
import { encodeOpenAPIV2, openAPIV2 } from './openapi-v2.ts';

interface Made {
  /** The version of the kinds that it was made of. */
  version: number;
  index: object;
  documents: ReadonlyMap<string, string>;
  v2: { json: string; protobuf: Buffer } | undefined;
}

/** The documents of `/openapi/v3` and `/openapi/v2`, made anew only when kinds come or go. */
export class OpenAPI {
  readonly #kinds: KindIndex;
  #made: Made | undefined;

  readonly #version: string;

  /** `version` is that of Kubernetes whose API is spoken. */
  constructor(kinds: KindIndex, version: string) {
    this.#version = version;
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

  /** The one document of version 2, as JSON text and in the encoding of Kubernetes' clients. */
  version2(): { json: string; protobuf: Buffer } {
    const made = this.#current();
    if (made.v2 === undefined) {
      const kinds = this.#kinds.versions();
      const document = openAPIV2(kinds, Object.assign({}, ...kinds.map(pathsV2)) as JsonObject, this.#version);
      made.v2 = { json: JSON.stringify(document), protobuf: encodeOpenAPIV2(document) };
    }
    return made.v2;
  }

  #current(): Made {
    if (this.#made?.version !== this.#kinds.version)
      this.#made = { version: this.#kinds.version, ...make(this.#kinds), v2: undefined };
    return this.#made;
  }
}

function make(kinds: KindIndex): Pick<Made, 'index' | 'documents'> {
  const groups = Map.groupBy(kinds.versions(), (kind) => apiVersionOf(kind));
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
        [OBJECT_META]: objectMetaSchema,
        ...Object.fromEntries(kinds.map((kind) => [schemaName(kind), schemaOfKind(kind)])),
      },
    },
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

/** The same operations in version 2, where bodies are parameters and answers have no media types. */
function pathsV2(kind: Kind): object {
  const response = { '200': { description: 'OK', schema: { $ref: `#/definitions/${schemaName(kind)}` } } };
  const turned = (item: JsonObject): object =>
    Object.fromEntries(
      Object.entries(item).map(([method, value]) => {
        const parameters = (list: unknown): object[] =>
          (list as { schema: object }[]).map(({ schema, ...parameter }) => ({ ...parameter, ...schema }));
        if (method === 'parameters') return [method, parameters(value)];
        const { requestBody, parameters: own, ...rest } = value as JsonObject;
        const body = { name: 'body', in: 'body', required: true, schema: response['200'].schema };
        return [
          method,
          {
            ...rest,
            parameters: [...parameters(own), ...(requestBody === undefined ? [] : [body])],
            ...(requestBody === undefined ? {} : { consumes: Object.keys((requestBody as { content: object }).content) }),
            produces: ['application/json'],
            responses: response,
          },
        ];
      }),
    );
  return Object.fromEntries(Object.entries(paths(kind)).map(([at, item]) => [at, turned(item as JsonObject)]));
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

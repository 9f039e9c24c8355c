import { components } from './components.ts';
import type { Answer, JsonSchema, Operation } from './operation.ts';
import { operations } from './table.ts';

const FAILURE = {
  description: 'Refused or failed',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

/** The whole API as an OpenAPI 3.1 document. */
export function openApiDocument({ version, basePath = '' }: { version: string; basePath?: string }): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [key, operation] of Object.entries(operations)) {
    const [method = '', path = ''] = key.split(' ');
    const template = `/v1beta1${path.replaceAll(/:(\w+)/g, '{$1}')}`;
    (paths[template] ??= {})[method.toLowerCase()] = describe(operation, path);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kargo REST API',
      version,
      description:
        'Promotes freight through stages. Operations marked with x-kargo-addition are additions to the API that Kargo publishes. Failures are always {"error": "…"}.',
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    security: [{ bearer: [] }],
    paths,
    components: { schemas: components(), securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

function describe(operation: Operation, path: string): Record<string, unknown> {
  const { id, summary, tag, query = {}, body, answers, needs, open, addition } = operation;
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(query).map(([name, { doc, schema, required = false }]) => ({
      name,
      in: 'query',
      description: doc,
      required,
      schema,
      ...(schema.type === 'array' ? { style: 'form', explode: true } : {}),
    })),
  ];
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(open === true ? { security: [] } : {}),
    ...(addition === true ? { 'x-kargo-addition': true } : {}),
    ...(needs.length === 0 ? {} : { 'x-kargo-permissions': needs }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: bodyOf(body) }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
      default: FAILURE,
    },
  };
}

function bodyOf(body: JsonSchema | 'manifests'): Record<string, unknown> {
  if (body !== 'manifests') return { required: true, content: { 'application/json': { schema: body } } };
  const text = { schema: { type: 'string', description: 'Resources as YAML documents, JSON objects or a JSON array' } };
  return { required: true, content: { 'text/plain': text, 'application/yaml': text } };
}

function answerOf(answer: Answer): Record<string, unknown> {
  if (answer === 'nothing') return { description: 'Done' };
  if (answer === 'events')
    return { description: 'Server-sent events', content: { 'text/event-stream': { schema: { type: 'string' } } } };
  if ('text' in answer) return { description: 'Done', content: { [answer.text]: { schema: { type: 'string' } } } };
  return { description: 'Done', content: { 'application/json': { schema: answer.schema } } };
}

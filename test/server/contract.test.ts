import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument, operations } from '@kargo/server';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOf, ELSEWHERE, inCallingOrder, samples } from './contract-samples.ts';
import { openContractWorld, SECRET, type ContractWorld } from './contract-world.ts';
import { PASSWORD, type Answer } from './harness.ts';

type Schema = { [keyword: string]: unknown };
interface Described {
  operationId: string;
  responses: Record<string, { schema?: Schema }>;
}
interface Description {
  definitions: Record<string, Schema>;
  paths: Record<string, Record<string, Described>>;
}

const file = join(process.env['KARGO_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'reference/rest-api.swagger.json');
const description = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Description) : undefined;
if (description === undefined) console.warn(`skipped: the published description of the REST API is not at ${file}`);

/** The schema as a client reads it that refuses what it does not know. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const out = Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, strict(value)]));
  return 'properties' in out && !('additionalProperties' in out) ? { ...out, additionalProperties: false } : out;
}

/** Operations whose answers the description leaves open. */
const OPEN = ['GetProjectRole', 'GetSystemRole', 'ListProjectRoles', 'ListSystemRoles', 'PromoteDownstream'];

function methodOf(id: string): string {
  const [key = ''] = Object.entries(operations).find(([, operation]) => operation.id === id) ?? [];
  return key.split(' ')[0] ?? '';
}

async function callSample(harness: ContractWorld, id: string, headers: Record<string, string> = {}): Promise<Answer> {
  const sample = samples[id];
  if (sample === undefined) throw new Error(`there is no sample of ${id}`);
  const signIn = id === 'AdminLogin' ? { authorization: `Bearer ${PASSWORD}` } : {};
  const { path, body } = callOf(harness, sample);
  return harness.call(methodOf(id), path, body, { ...signIn, ...headers });
}

describe('every operation of the API', () => {
  const ids = Object.values(operations).map(({ id }) => id);

  it('has a name of its own and a sample here', () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => samples[id] === undefined && !ELSEWHERE.has(id))).toEqual([]);
    expect(Object.keys(samples).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('is a route, and every route is one', async () => {
    const harness = await openContractWorld();
    await harness.server.ready();
    const missing = Object.keys(operations).filter((key) => {
      const [method = '', path = ''] = key.split(' ');
      const url = `/v1beta1${path}`;
      return ![url, `${url}/`].some((each) => harness.server.hasRoute({ method: method as 'GET', url: each }));
    });
    expect(missing).toEqual([]);
    expect(undescribedRoutes(harness), 'add these routes to packages/server/src/operations').toEqual([]);
  });

  const document = openApiDocument({ version: 'v1' }) as {
    paths: Record<
      string,
      Record<string, { operationId: string; responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>
    >;
  };
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const own = new Map(
    Object.values(document.paths).flatMap((methods) => Object.values(methods).map((each) => [each.operationId, each] as const)),
  );
  beforeAll(() => {
    ajv.addSchema(document, 'api');
  });

  let harness: ContractWorld;
  beforeAll(async () => {
    harness = await openContractWorld();
  });

  const called = inCallingOrder(
    ids.filter((id) => !ELSEWHERE.has(id)),
    methodOf,
  );
  it.each(called)('%s answers as this server describes it, and gives no secret away', async (id) => {
    const answer = await callSample(harness, id);
    expect([answer.status, answer.status >= 400 ? answer.text : '']).toEqual([samples[id]?.status, '']);
    const content = own.get(id)?.responses[String(answer.status)]?.content;
    expectBody(answer, content === undefined ? undefined : Object.keys(content)[0]);
    const schema = content?.['application/json']?.schema;
    if (schema !== undefined) {
      const [path = '', method = ''] = pathOf(id);
      const pointer = `api#/paths/${path.replaceAll('/', '~1')}/${method}/responses/${answer.status}/content/application~1json/schema`;
      const validate = ajv.compile({ $ref: encodeURI(pointer) });
      expect(validate(answer.body) ? [] : validate.errors).toEqual([]);
    }
    expect(answer.text).not.toContain(SECRET);
    expect(answer.text).not.toContain(Buffer.from(SECRET).toString('base64'));
  });

  function pathOf(id: string): [path?: string, method?: string] {
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, each] of Object.entries(methods)) if (each.operationId === id) return [path, method];
    return [];
  }
});

/** Routes that nobody describes. */
function undescribedRoutes({ server }: ContractWorld): string[] {
  const tree = server.printRoutes({ includeHooks: false, commonPrefix: false });
  const out: string[] = [];
  const stack: string[] = [];
  for (const line of tree.split('\n')) {
    const match =
      /^((?:[│ ] {3})*)(?:[├└]── )(\S*) \(([A-Z, ]+)\)/.exec(line) ?? /^((?:[│ ] {3})*)(?:[├└]── )(\S*)()$/.exec(line);
    if (match === null) continue;
    const depth = (match[1] ?? '').length / 4;
    stack.length = depth;
    stack.push(match[2] ?? '');
    const path = stack.join('');
    for (const method of (match[3] ?? '').split(', ').filter((each) => each !== '')) {
      if (!path.startsWith('/v1beta1/')) continue;
      const key = `${method} ${path.slice('/v1beta1'.length).replace(/\/$/, '')}`;
      if (operations[key] === undefined) out.push(key);
    }
  }
  return out;
}

function expectBody(answer: Answer, type: string | undefined): void {
  const given = String(answer.headers['content-type'] ?? '');
  if (type === undefined) expect([answer.text, given.startsWith('application/json')]).toEqual(['', false]);
  else expect(given).toContain(type);
}

describe.skipIf(description === undefined)('every operation of the published description', () => {
  const { definitions, paths } = description ?? { definitions: {}, paths: {} };
  const described = Object.values(paths).flatMap((methods) => Object.values(methods));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  beforeAll(() => {
    ajv.addSchema({ $id: 'published', definitions: strict(definitions) });
  });

  it('is there', () => {
    expect(described).toHaveLength(119);
    const ours = new Set(Object.values(operations).flatMap(({ id, addition }) => (addition === true ? [] : [id])));
    expect(described.map(({ operationId }) => operationId).filter((id) => !ours.has(id))).toEqual([]);
    expect([...ours].filter((id) => !described.some(({ operationId }) => operationId === id))).toEqual([]);
  });

  it('says of all answers but a few what is in them', () => {
    const withoutSchema = described.filter(({ responses }) => {
      const success = Object.entries(responses).filter(([status]) => status.startsWith('2') && status !== '204');
      return success.some(([, { schema }]) => schema !== undefined && Object.keys(schema).length === 0);
    });
    expect(withoutSchema.map(({ operationId }) => operationId).toSorted()).toEqual(OPEN);
  });

  let harness: ContractWorld;
  let answered = 0;
  beforeAll(async () => {
    harness = await openContractWorld();
  });
  afterAll(() => {
    // None is left out, whatever the samples say.
    expect(answered).toBe(119);
  });

  const called = inCallingOrder(
    described.map(({ operationId }) => operationId),
    methodOf,
  );
  it.each(called)('%s answers the reference CLI with exactly what is described', async (operationId) => {
    const responses = described.find((each) => each.operationId === operationId)?.responses ?? {};

    const answer = await callSample(harness, operationId, { 'x-kargo-cli-version': 'v1.12.0' });
    expect([Object.keys(responses).includes(String(answer.status)), answer.text.slice(0, 200)]).toEqual([
      true,
      expect.anything(),
    ]);
    answered += 1;
    const schema = responses[String(answer.status)]?.schema;
    if (schema === undefined) return;
    // Text of a stream is a string to the description.
    const body: unknown = operationId === 'GetAnalysisRunLogs' ? answer.text : answer.body;
    const validate = ajv.compile(
      strict(JSON.parse(JSON.stringify(schema).replaceAll('#/definitions', 'published#/definitions'))) as Schema,
    );
    expect(validate(body) ? [] : validate.errors).toEqual([]);
  });
});

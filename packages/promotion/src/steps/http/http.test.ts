import { realHttp, type Workspace } from '@kargo/integrations';
import { bodyOf, httpFixture, type HttpFixture } from '@kargo/integrations/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import { ConfigValidator } from '../../config/validate.ts';
import { TerminalStepError, type StepContext, type StepResult } from '../../step.ts';
import { somePorts, stepContext, temporaryWorkspaces } from '../../testing/run-fixture.ts';
import type { HttpConfig } from './config.ts';
import { http } from './http.ts';

interface Answer {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string;
}

const port = realHttp();
let server: HttpFixture;
let answer: Answer;
let seen: { method: string; url: string; headers: Record<string, unknown>; body: string }[];
let workspace: Workspace;
let dispose: () => Promise<void>;

beforeAll(async () => {
  server = await httpFixture(async (request, response) => {
    const body = String(await bodyOf(request));
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  });
});
afterAll(async () => {
  port.close();
  await server.close();
});
beforeEach(async () => {
  answer = {};
  seen = [];
  const opened = await temporaryWorkspaces();
  dispose = opened.dispose;
  ({ workspace } = await opened.workspaces.open('p'));
});
afterEach(() => dispose());

const run = (config: Partial<HttpConfig>, more: Partial<StepContext<HttpConfig>> = {}): Promise<StepResult> =>
  runDeclared(http, stepContext<HttpConfig>(workspace, { url: `${server.url}/x`, ...config }, more), somePorts({ http: port }));

/** How a run went: the result's status, or the error's kind. */
const outcome = async (config: Partial<HttpConfig>): Promise<string> => {
  try {
    const { status, message, retryAfter } = await run(config);
    return [status, retryAfter, message].filter((part) => part !== undefined).join(' ');
  } catch (error) {
    if (error instanceof TerminalStepError) return `${error.status} for good: ${error.message}`;
    return `transient: ${(error as Error).message}`;
  }
};

describe('the http step', () => {
  const met = 'response.body.done';
  it.each<[string, Answer, Partial<HttpConfig>, string | RegExp]>([
    ['no criteria and success', { status: 204 }, {}, 'Succeeded'],
    [
      'no criteria and no success',
      { status: 404 },
      {},
      /^Failed GET http:\/\/.*\/x was answered with HTTP status 404; set successExpression/,
    ],
    ['success met', { status: 404 }, { successExpression: 'response.status == 404' }, 'Succeeded'],
    ['success not met', { body: '{"done": false}' }, { successExpression: met }, 'Running 30000'],
    [
      'success not met, an interval',
      { body: '{"done": false}' },
      { successExpression: met, pollInterval: '1m30s' },
      'Running 90000',
    ],
    [
      'failure met',
      { status: 500 },
      { failureExpression: 'response.status == 500' },
      'Failed for good: HTTP (500) response met failure criteria',
    ],
    ['failure alone, not met', {}, { failureExpression: 'false' }, 'Running 30000'],
    ['both met', {}, { failureExpression: 'true', successExpression: 'true' }, /^Failed for good/],
    ['neither met', {}, { failureExpression: 'false', successExpression: 'false' }, 'Running 30000'],
    ['success met, failure not', {}, { failureExpression: 'false', successExpression: 'true' }, 'Succeeded'],
    [
      'failure explained',
      { body: '{"why": "no \\"quota\\""}' },
      { failureExpression: 'true', errorExpression: 'response.body.why' },
      String.raw`Failed for good: HTTP (200) response met failure criteria: "no \"quota\""`,
    ],
    [
      'failure explained by nothing',
      {},
      { failureExpression: 'true', errorExpression: 'response.body.why' },
      'Failed for good: HTTP (200) response met failure criteria',
    ],
    [
      'failure explained by a number',
      {},
      { failureExpression: 'true', errorExpression: '1' },
      'Failed for good: HTTP (200) response met failure criteria',
    ],
    [
      'failure explained wrongly',
      {},
      { failureExpression: 'true', errorExpression: 'response.body.a.b.c' },
      'Failed for good: HTTP (200) response met failure criteria',
    ],
    [
      'an explanation nobody can read',
      {},
      { failureExpression: 'true', errorExpression: '((' },
      /^Errored for good: errorExpression cannot be compiled/,
    ],
    [
      'an explanation that is not needed',
      {},
      { failureExpression: 'false', successExpression: 'true', errorExpression: '((' },
      'Succeeded',
    ],
    [
      'a criterion nobody can read',
      {},
      { successExpression: 'response.' },
      /^Errored for good: successExpression cannot be compiled/,
    ],
    [
      'an output nobody can read',
      {},
      { outputs: [{ name: 'a', fromExpression: '(' }] },
      /^Errored for good: output a cannot be compiled/,
    ],
    [
      'a criterion that is no boolean',
      {},
      { successExpression: '"yes"' },
      'transient: successExpression must be true or false, but is "yes"',
    ],
    [
      'a criterion that fails',
      {},
      { successExpression: 'response.body.a.b.c' },
      /^transient: successExpression cannot be evaluated/,
    ],
    [
      'a second criterion that fails',
      {},
      { successExpression: 'true', failureExpression: 'response.body.a.b.c' },
      /^transient: failureExpression/,
    ],
    [
      'JSON that is none',
      { body: '{', headers: { 'content-type': 'application/json' } },
      {},
      /^transient: the body of the answer is not the JSON/,
    ],
    [
      'YAML that is none',
      { body: 'a: [', headers: { 'content-type': 'application/yaml' } },
      {},
      /^transient: the body of the answer is not the YAML/,
    ],
    ['too large a body', { body: 'x'.repeat(2 * 1024 * 1024 + 1) }, {}, /^transient: .*larger than 2097152 bytes/],
    ['no server', {}, { url: 'http://127.0.0.1:1/?token=secret' }, /^transient: GET http:\/\/127.0.0.1:1\/ failed/],
    ['no URL', {}, { url: 'not a URL' }, /^Errored for good: url is not a URL/],
    ['another scheme', {}, { url: 'ftp://x/y' }, /^Errored for good: url has the scheme ftp/],
    ['a header nobody can send', {}, { headers: [{ name: 'a b', value: 'x' }] }, /^Errored for good: GET http.* cannot be sent/],
    [
      'no file to send',
      {},
      { bodyFromFile: 'absent' },
      /^Errored for good: the body of the request cannot be read: could not read absent/,
    ],
    ['redirects without end', { status: 302, headers: { location: '/again' } }, {}, /^transient: GET http:\/\/.*redirect/],
    ['metadata services', {}, { url: 'http://169.254.169.254/latest' }, /^transient: .*link-local/],
  ])('%s', async (_, given, config, want) => {
    answer = given;
    const got = await outcome(config);
    if (typeof want === 'string') expect(got).toBe(want);
    else expect(got).toMatch(want);
    expect(got).not.toContain('secret');
  });

  it.each<[string, string, string | undefined, unknown]>([
    ['application/json; charset=utf-8', '[1, "a"]', undefined, [1, 'a']],
    ['APPLICATION/JSON', '"text"', undefined, 'text'],
    ['application/json', 'null', undefined, null],
    ['application/json', 'true', undefined, true],
    ['application/json', '', undefined, {}],
    ['application/x-yaml', 'a:\n- 1\n', undefined, { a: [1] }],
    ['text/yaml', 'a: 1.5', undefined, { a: 1.5 }],
    ['text/plain', '1', undefined, '1'],
    ['text/plain; charset=utf-8', '1.5', undefined, '1.5'],
    ['text/html', '{"a": 1}', undefined, { a: 1 }],
    ['text/html', '<p>', undefined, {}],
    ['text/plain', '{"a": 1}', 'application/json', { a: 1 }],
    ['application/json', '{"a": 1}', 'text/plain', '{"a": 1}'],
    ['application/json', 'a: 1', 'application/yaml', { a: 1 }],
  ])('reads %s %j as %s', async (type, body, responseContentType, want) => {
    answer = { headers: { 'content-type': type }, body };
    const { output } = await run({ responseContentType, outputs: [{ name: 'body', fromExpression: 'response.body' }] });
    expect(output).toEqual({ body: want });
  });

  it('gives outputs of all kinds, from status, headers and body', async () => {
    answer = { status: 201, headers: { 'X-Tag': ['a', 'b'], 'content-type': 'application/json' }, body: '{"list": ["x", "y"]}' };
    const outputs = {
      status: 'response.status',
      first: 'response.header("x-TAG")',
      none: 'response.header("absent")',
      all: 'response.headers["X-Tag"]',
      count: 'len(response.body.list)',
      upper: 'map(response.body.list, upper(#))',
      missing: 'response.body.absent',
    };
    const { output } = await run({
      outputs: Object.entries(outputs).map(([name, fromExpression]) => ({ name, fromExpression })),
    });
    expect(output).toEqual({ status: 201, first: 'a', none: '', all: ['a', 'b'], count: 2, upper: ['X', 'Y'], missing: null });
  });

  it('sends method, parameters, headers and body, also from a file', async () => {
    await run({
      url: `${server.url}/x?have=1`,
      method: 'PUT',
      headers: [
        { name: 'X-A', value: '1' },
        { name: 'x-a', value: '2' },
      ],
      queryParams: [
        { name: 'a b', value: '&' },
        { name: 'a b', value: 'c' },
      ],
      body: 'text',
    });
    expect(seen[0]).toMatchObject({ method: 'PUT', url: '/x?have=1&a+b=%26&a+b=c', body: 'text', headers: { 'x-a': '1, 2' } });
    await workspace.writeFile('body.json', '{}');
    await run({ method: 'POST', bodyFromFile: '../../body.json' });
    expect(seen[1]).toMatchObject({ method: 'POST', body: '{}' });
  });

  it('refuses a file to send that is too large, for good', async () => {
    await workspace.writeFile('large', Buffer.alloc(2 * 1024 * 1024 + 1));
    expect(await outcome({ method: 'POST', bodyFromFile: 'large' })).toMatch(
      /^Errored for good: the body of the request cannot be read: .*larger than 2097152 bytes/,
    );
    expect(seen).toEqual([]);
  });

  it('goes through its proxy', async () => {
    await run({ url: 'http://absent.invalid/y', proxy: server.url });
    expect(seen[0]).toMatchObject({ url: 'http://absent.invalid/y', headers: { host: 'absent.invalid' } });
  });

  it('repeats a request under the same key until it is answered, and then asks anew', async () => {
    const keys = (): unknown[] => seen.map(({ headers }) => headers['idempotency-key']);
    const polling = { method: 'POST', successExpression: 'response.status == 200' };
    answer = { status: 500, body: '{', headers: { 'content-type': 'application/json' } };
    await outcome(polling);
    await outcome(polling);
    answer = { status: 202 };
    await outcome(polling);
    answer = { status: 200 };
    await outcome(polling);
    const [first, second, third, fourth] = keys();
    expect([second, third]).toEqual([first, first]);
    expect(fourth).not.toBe(first);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    await run(polling, { alias: 'other' });
    await run({ ...polling, headers: [{ name: 'Idempotency-Key', value: 'mine' }] });
    await run({});
    expect(keys()[4]).not.toBe(first);
    expect(keys().slice(5)).toEqual(['mine', undefined]);
  });

  it.each<[Partial<HttpConfig>, string]>([
    [{ timeout: 'abc5s' }, 'timeout: Does not match pattern'],
    [{ pollInterval: '1d' }, 'pollInterval: Does not match pattern'],
    [{ proxy: 'proxy:3128' }, 'proxy: Does not match pattern'],
    [{ method: 'TRACE' }, 'method: Does not match pattern'],
    [{ body: 'a', bodyFromFile: 'b' }, '(root): Must validate one and only one schema (oneOf)'],
  ])('refuses %j', (config, want) => {
    const problems = new ConfigValidator().problems(http.configSchema, { url: 'https://x', ...config });
    expect(problems.join('\n')).toContain(want);
  });
});

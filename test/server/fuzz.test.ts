import { operations, type Operation } from '@kargo/server';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';
import { callOf, ELSEWHERE, inCallingOrder, samples } from './contract-samples.ts';
import { openContractWorld, SECRET, type ContractWorld } from './contract-world.ts';
import { HASH } from './harness.ts';

/** Requests for each operation; `KARGO_FUZZ=1000` sends a thousand. */
const RUNS = Number(process.env['KARGO_FUZZ'] ?? 4);
const SEED = Number(process.env['KARGO_FUZZ_SEED'] ?? 42);

interface Attempt {
  path: string;
  query: string;
  body: string | undefined;
  headers: Record<string, string>;
}

const NASTY = [
  '',
  ' ',
  '..',
  '%2e%2e%2f',
  '%00',
  '%',
  'a'.repeat(300),
  '日本',
  '-1',
  '0x10',
  '1e999',
  'true',
  'null',
  'constructor',
  '__proto__',
  'toString',
  '{"a":1}',
  '*',
  'kargo-system-resources',
  "'; DROP TABLE objects; --",
  '\u{1f600}',
];
const nasty = fc.constantFrom(...NASTY);
const word = fc.oneof({ weight: 3, arbitrary: nasty }, { weight: 1, arbitrary: fc.string({ maxLength: 40 }) });

/** What gets as far as the identity provider, by the name of its field. */
const FITTING: Readonly<Record<string, string>> = {
  redirectUri: 'http://localhost:0/login',
  callback: 'http://localhost:0/login?code=c&state=s',
  state: 's',
  nonce: 'n',
  codeVerifier: 'v'.repeat(43),
  refreshToken: 'r',
};

function fittingOr(name: string, other: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const fitting = FITTING[name];
  return fitting === undefined
    ? other
    : fc.oneof({ weight: 4, arbitrary: fc.constant(fitting) }, { weight: 1, arbitrary: other });
}

/** A JSON value that fits a schema, or nearly. */
function valueOf(schema: Record<string, unknown>, depth = 0): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(
    fc.constant(null),
    fc.integer(),
    fc.boolean(),
    word,
    fc.constant([]),
    fc.constant({}),
    fc.constant([[]]),
  );
  const right = rightValue(schema, depth);
  return fc.oneof({ weight: 4, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

function rightValue(schema: Record<string, unknown>, depth: number): fc.Arbitrary<unknown> {
  if (depth > 5) return fc.constant(null);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  switch (schema['type']) {
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>;
      const record = fc.record(
        Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, fittingOr(name, valueOf(field, depth + 1))])),
        { requiredKeys: [] },
      );
      const more = schema['additionalProperties'];
      if (typeof more === 'object' && more !== null)
        return fc.dictionary(word, valueOf(more as Record<string, unknown>, depth + 1), { maxKeys: 4 });
      return record;
    }
    case 'array':
      return fc.array(valueOf((schema['items'] ?? {}) as Record<string, unknown>, depth + 1), { maxLength: 4 });
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.oneof(fc.integer(), fc.constant(Number.MAX_SAFE_INTEGER), fc.double());
    default:
      return word;
  }
}

const MANIFESTS = [
  'kind: Stage',
  '---\n---\n',
  '{',
  '[[[[',
  'a: &a [*a]',
  'a: &a {b: 1}\nc: *a\n<<: *a',
  '- 1\n- 2',
  '\u0000',
  'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: demo}\nstringData: 5',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "..", namespace: demo}',
  'apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\nmetadata: {name: x, namespace: demo}\nspec: {requestedFreight: 3}',
  'apiVersion: kargo.akuity.io/v1alpha1\nkind: Promotion\nmetadata: {namespace: demo}\nspec: null',
  'apiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata: {name: "__proto__"}',
  'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: demo}\nrules: [{}]',
  'apiVersion: v1\nkind: List\nitems: [null, 1, {kind: List, items: [{}]}]',
  `{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`,
  `${'- '.repeat(3000)}x`,
  'x: !!js/function "function () {}"',
];

function attemptOf(operation: Operation, path: string): fc.Arbitrary<Attempt> {
  const sample = samples[operation.id];
  const [samplePath = '', sampleQuery = ''] = (sample?.path ?? path).split('?');
  const segments = samplePath.split('/');
  const parts = path.split('/').map((part, index) => {
    const known = segments[index] ?? '';
    if (!part.startsWith(':')) return fc.constant(part);
    const strange = word.map((text) => encodeURIComponent(text.toWellFormed()));
    return fc.oneof(
      { weight: 4, arbitrary: fc.constant(known) },
      { weight: 1, arbitrary: strange },
      { weight: 1, arbitrary: nasty.map(encodeLoosely) },
    );
  });
  const parameters = fc.dictionary(
    fc.oneof(fc.constantFrom(...Object.keys(operation.query ?? { x: 1 })), word),
    fc.oneof(word, fc.integer().map(String)),
    { maxKeys: 4 },
  );
  const query = parameters.map((values) => {
    const all = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) all.append(name.toWellFormed(), value.toWellFormed());
    return (
      fc.sample(fc.constantFrom(all.toString(), `${sampleQuery}&${all.toString()}`, '%', 'a=%zz&limit=1'), {
        numRuns: 1,
        seed: all.size,
      })[0] ?? ''
    );
  });
  const raw = fc.constantFrom(
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '123',
    '{"data":{"__proto__":"x"}}',
    '\u0000',
    '{"a":1}{"b":2}',
    ...MANIFESTS,
  );
  const json =
    operation.body === undefined || operation.body === 'manifests'
      ? raw
      : fc.oneof(
          { weight: 3, arbitrary: valueOf(operation.body as Record<string, unknown>).map((value) => JSON.stringify(value)) },
          { weight: 1, arbitrary: raw },
        );
  const body = fc.oneof({ weight: 4, arbitrary: json }, { weight: 1, arbitrary: fc.constant(undefined) });
  const headers = fc.record(
    {
      'content-type': fc.constantFrom(
        'application/json',
        'text/plain',
        'application/x-www-form-urlencoded',
        'nonsense',
        'multipart/form-data; boundary=x',
      ),
      'x-kargo-cli-version': fc.constantFrom('v1.12.0', ''),
      'x-request-id': word.map((text) => text.replaceAll(/[^\x20-\x7e]/g, '?')),
    },
    { requiredKeys: [] },
  );
  return fc
    .tuple(fc.tuple(...parts), query, body, headers)
    .map(([path, search, payload, extra]) => ({ path: path.join('/'), query: search, body: payload, headers: extra }));
}

function encodeLoosely(text: string): string {
  return text.includes('%') ? text : encodeURIComponent(text);
}

describe('whatever is sent to an operation', () => {
  let world: ContractWorld;
  let identity: IdentityProvider;
  beforeAll(async () => {
    identity = await startIdentityProvider();
    world = await openContractWorld({
      rateLimit: false,
      fetch: (url, init) => fetch(url, init),
      auth: {
        adminPasswordHash: HASH,
        tokenSigningKey: 'signing key of these tests, long enough',
        oidc: { issuerURL: identity.issuer, clientID: identity.clientId },
      },
    });
  });
  afterAll(() => identity.close());

  const byId = new Map(Object.entries(operations).map(([key, operation]) => [operation.id, { key, operation }]));
  const ids = inCallingOrder([...byId.keys()], (id) => byId.get(id)?.key.split(' ')[0] ?? '');

  it.each(ids)(
    '%s never fails of itself, hangs or gives a secret away',
    async (id) => {
      const { key = '', operation } = byId.get(id) ?? {};
      if (operation === undefined) throw new Error(id);
      const [method = '', path = ''] = key.split(' ');
      await fc.assert(
        fc.asyncProperty(attemptOf(operation, path), async (attempt) => {
          const url = callOf(world, { path: attempt.path, status: 200 }).path + (attempt.query === '' ? '' : `?${attempt.query}`);
          // Whoever signs in too often is not listened to at all.
          if (ELSEWHERE.has(id)) await world.clock.advanceBy(1000);
          const answer = await world.call(method, url, attempt.body, attempt.headers);
          expect(answer.status).not.toBe(429);
          expect(answer.status, answer.text.slice(0, 500)).toBeLessThan(500);
          expect(answer.text).not.toContain('internal server error');
          if (answer.status >= 400) expect((answer.body as { error?: unknown } | undefined)?.error).toEqual(expect.any(String));
          expect(answer.text).not.toContain(SECRET);
          expect(answer.text).not.toContain(Buffer.from(SECRET).toString('base64'));
        }),
        { numRuns: RUNS, seed: SEED, endOnFailure: true },
      );
    },
    30_000 + RUNS * 1000,
  );

  it('says where and why it is wrong', async () => {
    const { call } = await openContractWorld();
    const cases: [method: string, path: string, body: string, status: number, error: RegExp][] = [
      ['POST', '/resources', 'kind: Stage\n  bad: indent', 400, /cannot be read as YAML.*line 1, column 7/s],
      ['POST', '/resources', 'a: 1\n---\nb: [1, 2', 400, /\(document 2\).*line 3/s],
      ['POST', '/resources', '{"kind": "Stage",', 400, /YAML.*line 1/s],
      ['POST', '/projects/demo/configmaps', '{"name": "x", "data": {"a": 1}}', 400, /data\.a must be a string/],
      ['POST', '/projects/demo/configmaps', '{"name": "x" "data"}', 400, /not JSON.*position 13/],
      ['POST', '/projects/demo/configmaps', '[]', 400, /must be a JSON object/],
      [
        'POST',
        '/projects/demo/roles',
        '{"metadata":{"name":"x"},"rules":[{"verbs":"get"}]}',
        400,
        /rules\[0\]\.verbs must be a list of strings/,
      ],
      [
        'POST',
        '/projects/demo/configmaps',
        `{"name":"x","data":{"a":"${'x'.repeat(1024 * 1024)}"}}`,
        413,
        /request body too large/,
      ],
      ['POST', '/resources', `# ${'x'.repeat(4 * 1024 * 1024)}`, 413, /request body too large/],
      ['GET', '/projects/demo/stages?limit=x', '', 400, /limit must be a whole number/],
      ['GET', '/projects/demo/stages?fields=a..b', '', 400, /fields: "a\.\.b" is no path/],
      ['GET', '/system/audit-log?since=yesterday', '', 400, /since must be a time/],
    ];
    for (const [method, path, body, status, error] of cases) {
      const answer = await call(method, path, body === '' ? undefined : body);
      expect([path, answer.status, (answer.body as { error: string }).error]).toEqual([
        path,
        status,
        expect.stringMatching(error),
      ]);
    }
  });
});

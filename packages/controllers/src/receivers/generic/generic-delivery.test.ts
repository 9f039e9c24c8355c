import type { Warehouse } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aDelivery } from '../fixtures.ts';
import { genericDelivery } from './generic-delivery.ts';
import type { GenericAction } from './select-generic.ts';

const aWarehouse = (name: string, labels: Record<string, string>, repoURL: string, namespace = 'shop'): Warehouse =>
  ({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { namespace, name, labels },
    spec: { subscriptions: [{ git: { repoURL } }] },
  }) as unknown as Warehouse;

const warehouses = [
  aWarehouse('web', { team: 'blue' }, 'https://github.com/acme/web.git'),
  aWarehouse('api', { team: 'blue' }, 'https://github.com/acme/api.git'),
  aWarehouse('db', { team: 'red' }, 'https://github.com/acme/db'),
];
const delivery = aDelivery(
  { repo: 'https://github.com/Acme/Web', team: 'blue', name: 'db', n: 5 },
  { 'x-event': 'push', 'x-many': 'a, b' },
  { env: 'prod' },
);

async function deliver(actions: GenericAction[], given = delivery, broken: readonly string[] = []) {
  const woken: string[] = [];
  const answer = await genericDelivery(given, actions, {
    client: { list: async () => ({ items: warehouses, metadata: {} }) as never },
    project: 'shop',
    wake: async ({ metadata }) => {
      if (broken.includes(metadata.name ?? '')) throw new Error('the API is away');
      woken.push(metadata.name ?? '');
    },
  });
  return { woken, code: answer.code, body: answer.body as { error?: string; results: Record<string, unknown>[] } };
}

const action = (criteria: object, more: object = {}): GenericAction =>
  ({ action: 'Refresh', targetSelectionCriteria: [{ kind: 'Warehouse', ...criteria }], ...more }) as GenericAction;
const index = (operator: string, value: string): object => ({ matchIndices: [{ key: 'subscribedURLs', operator, value }] });

describe('what a generic receiver wakes', () => {
  const cases: { name: string; action: GenericAction; want: string[]; code?: number; result?: string; summary?: RegExp }[] = [
    { name: 'by name', action: action({ name: 'db' }), want: ['db'] },
    { name: 'by a name from the request', action: action({ name: '${{ request.body.name }}' }), want: ['db'] },
    {
      name: 'by labels from the request',
      action: action({ labelSelector: { matchLabels: { team: '${{ request.body.team }}' } } }),
      want: ['api', 'web'],
    },
    {
      name: 'by label expressions from parameters',
      action: action(
        { labelSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['${{ params.team }}'] }] } },
        { parameters: { team: 'red' } },
      ),
      want: ['db'],
    },
    {
      name: 'by repository',
      action: action({ indexSelector: index('Equals', '${{ normalizeGit(request.body.repo) }}') }),
      want: ['web'],
    },
    {
      name: 'by repository as it stands',
      action: action({ indexSelector: index('Equals', 'https://github.com/acme/web') }),
      want: ['web'],
    },
    {
      name: 'by another repository',
      action: action({ indexSelector: index('NotEquals', 'https://github.com/acme/web') }),
      want: ['api', 'db'],
    },
    {
      name: 'all of several index requirements count',
      action: action({
        indexSelector: {
          matchIndices: [
            { key: 'subscribedURLs', operator: 'NotEquals', value: 'https://github.com/acme/web' },
            { key: 'subscribedURLs', operator: 'NotEquals', value: 'https://github.com/acme/api' },
          ],
        },
      }),
      want: ['db'],
    },
    {
      name: 'criteria of one target must all hold',
      action: action({ name: 'web', labelSelector: { matchLabels: { team: 'red' } } }),
      want: [],
      summary: /Refreshed 0 of 0/,
    },
    {
      name: 'targets add up, each object once',
      action: {
        action: 'Refresh',
        targetSelectionCriteria: [
          { kind: 'Warehouse', name: 'web' },
          { kind: 'Warehouse', labelSelector: { matchLabels: { team: 'blue' } } },
        ],
      },
      want: ['api', 'web'],
    },
    {
      name: 'when a condition over headers, parameters of the URL and the body holds',
      action: action(
        { name: 'db' },
        {
          whenExpression:
            'request.header("X-Event") == "push" && request.headers("X-Many") == ["a", "b"] && request.params("env")[0] == "prod" && request.body.n > 4',
        },
      ),
      want: ['db'],
    },
    {
      name: 'not when the condition does not hold',
      action: action({ name: 'db' }, { whenExpression: 'request.header("X-Event") == "ping"' }),
      want: [],
      result: 'NotApplicable',
      summary: /^Request did not match whenExpression$/,
    },
    {
      name: 'a condition that is no boolean',
      action: action({ name: 'db' }, { whenExpression: '1 + 1' }),
      want: [],
      code: 500,
      result: 'Error',
      summary: /^Error evaluating whenExpression/,
    },
    {
      name: 'a name that is no text',
      action: action({ name: '${{ request.body.n }}' }),
      want: [],
      code: 500,
      result: 'Error',
      summary: /^Error evaluating targetSelectionCriteria/,
    },
    {
      name: 'an unknown operator',
      action: action({ indexSelector: index('Like', 'x') }),
      want: [],
      code: 500,
      result: 'Error',
      summary: /operator Like/,
    },
    { name: 'a target that asks for nothing is about nothing', action: action({}), want: [] },
  ];
  it.each(cases)('$name', async ({ action: given, want, code = 200, result = 'Success', summary = /./ }) => {
    const answer = await deliver([given]);
    expect(answer.woken).toEqual(want);
    expect(answer.code).toBe(code);
    expect(answer.body.results).toEqual([
      expect.objectContaining({ action: 'Refresh', result, summary: expect.stringMatching(summary) as string }),
    ]);
  });

  it('tells of each action, and one that fails is in nobody’s way', async () => {
    const { code, body, woken } = await deliver([
      action({ name: 'web' }),
      action({ name: 'x' }, { whenExpression: '(' }),
      action({ name: 'db' }),
    ]);
    expect([code, woken, body.results.map(({ result }) => result)]).toEqual([
      500,
      ['web', 'db'],
      ['Success', 'Error', 'Success'],
    ]);
  });

  it.each([
    [['api'], 'PartialSuccess', 'Refreshed 1 of 2 selected resources'],
    [['api', 'web'], 'Failure', 'Refreshed 0 of 2 selected resources'],
  ])('tells what could not be woken: %j', async (broken, result, summary) => {
    const answer = await deliver([action({ labelSelector: { matchLabels: { team: 'blue' } } })], delivery, broken);
    expect(answer.code).toBe(500);
    expect(answer.body.results[0]).toMatchObject({
      result,
      summary,
      selectedTargets: [
        { namespace: 'shop', name: 'api', success: false },
        { namespace: 'shop', name: 'web', success: !broken.includes('web') },
      ],
    });
  });

  it('takes an empty body, and no other that is not JSON', async () => {
    expect((await deliver([action({ name: 'db' })], aDelivery(''))).woken).toEqual(['db']);
    expect(await deliver([action({ name: 'db' })], aDelivery('a=b'))).toMatchObject({ code: 400, woken: [] });
  });

  it('does not let a request keep the process busy', async () => {
    const deep = aDelivery(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    const heavy = 'all(1..3000, all(1..3000, # > 0))';
    expect(await deliver([action({ name: 'db' }, { whenExpression: 'toJSON(request.body) != ""' })], deep)).toMatchObject({
      code: 500,
    });
    expect(await deliver([action({ name: 'db' }, { whenExpression: heavy })])).toMatchObject({ code: 500, woken: [] });
  });
});

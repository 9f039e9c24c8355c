import { describe, expect, it } from 'vitest';
import { describeCommands } from '../describe-commands.ts';
import { freight, stage } from '../testing/objects.ts';
import { runFake } from '../testing/run.ts';

/** Commands without `-o`, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  'kargo completion': 'prints a script for a shell',
  'kargo config current-context': 'prints one word',
  'kargo config delete-context': 'about settings, not objects',
  'kargo config get-project': 'prints one word',
  'kargo config rename-context': 'about settings, not objects',
  'kargo config set-project': 'prints nothing',
  'kargo config use-context': 'about settings, not objects',
  'kargo dashboard': 'opens a browser',
  'kargo login': 'prints nothing',
  'kargo logout': 'prints nothing',
  'kargo logs': 'prints what others wrote',
};

describe('output for programs', () => {
  it('is offered by every command that has something to tell', async () => {
    const commands = await describeCommands();
    const leaves = commands.filter(({ name }) => !commands.some((other) => other.name.startsWith(`${name} `)));
    const without = leaves.filter(({ help }) => !help.includes('-o, --output'));
    expect(without.map(({ name }) => name).toSorted()).toEqual(Object.keys(WITHOUT));
  });

  const P = '/v1beta1/projects/demo';
  const [test, f1] = [stage('test'), freight('f1', 'happy', [])];
  const event = {
    metadata: { name: 'e' },
    type: 'Normal',
    reason: 'FreightCreated',
    message: 'Freight created',
    lastTimestamp: '2026-01-02T03:00:00Z',
    involvedObject: { kind: 'Freight', name: 'f1' },
  };
  const task = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'PromotionTask',
    metadata: { name: 'pt' },
    spec: { steps: [{}, {}] },
  };
  const entry = {
    id: '1',
    time: '2026-01-02T03:00:00.000Z',
    actor: 'email:ann@example.com',
    operation: 'PromoteToStage',
    objects: [{ kind: 'Promotion', namespace: 'demo', name: 'p' }, { kind: 'Stage' }],
    result: 'done',
    source: { address: '10.0.0.7' },
  };

  it.each([
    ['refresh stage test', { [`POST ${P}/stages/test/refresh`]: {}, [`GET ${P}/stages/test`]: { json: test } }, 'test'],
    ['verify stage test', { [`POST ${P}/stages/test/verification`]: {}, [`GET ${P}/stages/test`]: { json: test } }, 'test'],
    ['delete stage test', { [`GET ${P}/stages/test`]: { json: test }, [`DELETE ${P}/stages/test`]: { status: 204 } }, 'test'],
    [
      'approve --freight f1 --stage test',
      { [`POST ${P}/freight/f1/approve?stage=test`]: {}, [`GET ${P}/freight/f1`]: { json: f1 } },
      'f1',
    ],
    [
      'update freight --name f1 --new-alias glad',
      { [`PATCH ${P}/freight/f1/alias?newAlias=glad`]: {}, [`GET ${P}/freight/glad`]: { json: f1 } },
      'f1',
    ],
    ['get events', { [`GET ${P}/events`]: { json: { items: [event] } } }, 'e'],
    ['get promotiontasks pt', { [`GET ${P}/promotion-tasks/pt`]: { json: task } }, 'pt'],
  ])('of kargo %s is the object', async (words, routes, name) => {
    const got = await runFake([...words.split(' '), '-p', 'demo', '-o', 'jsonpath={.metadata.name}'], { routes });
    expect([got.code, got.stderr, got.stdout]).toEqual([0, '', name]);
  });

  it('of kargo delete says what went wrong, and deletes nothing that it could not show', async () => {
    const routes = { [`GET ${P}/stages/none`]: { status: 404, json: { error: 'not found' } } };
    const got = await runFake(['delete', 'stage', 'none', '-p', 'demo', '-o', 'json'], { routes });
    expect([got.code, got.stdout, got.requests.length]).toEqual([5, '', 1]);
  });

  it('of kargo get events and promotiontasks is a table for people', async () => {
    const events = await runFake(['get', 'events', '-p', 'demo'], {
      routes: { [`GET ${P}/events`]: { json: { items: [event] } } },
    });
    expect(events.stdout).toBe(
      'LAST SEEN   TYPE     REASON           OBJECT       MESSAGE\n4m5s        Normal   FreightCreated   Freight/f1   Freight created\n',
    );
    const tasks = await runFake(['get', 'promotiontask', '-p', 'demo'], {
      routes: { [`GET ${P}/promotion-tasks`]: { json: { items: [task] } } },
    });
    expect(tasks.stdout).toMatch(/^NAME +STEPS +AGE\npt +2 /);
  });

  it('of kargo audit comes page by page, filtered by the server', async () => {
    const routes = {
      [`GET ${P}/audit-log?actor=email%3Aann%40example.com&limit=1000`]: {
        json: { items: Array(1000).fill(entry), continue: 'c' },
      },
      [`GET ${P}/audit-log?actor=email%3Aann%40example.com&limit=200&continue=c`]: { json: { items: [entry] } },
    };
    const argv = ['audit', '-p', 'demo', '--actor', 'email:ann@example.com', '--limit', '1200'];
    const got = await runFake(argv, { routes });
    expect([got.code, got.stderr, got.stdout.split('\n').length]).toEqual([0, '', 1003]);
    expect(got.stdout.split('\n').slice(0, 2)).toEqual([
      'TIME                       ACTOR                   OPERATION        OBJECT                        RESULT   FROM',
      '2026-01-02T03:00:00.000Z   email:ann@example.com   PromoteToStage   Promotion/demo/p and 1 more   done     10.0.0.7',
    ]);
    const system = await runFake(['audit', '--system', '-o', 'jsonpath={.items[0].actor}'], {
      routes: { 'GET /v1beta1/system/audit-log?limit=100': { json: { items: [entry] } } },
    });
    expect(system.stdout).toBe('email:ann@example.com');
    expect((await runFake(['audit', '-p', 'demo', '--limit', '0'], {})).stderr).toMatch(/--limit must be a positive number/);
  });
});

describe('names of commands', () => {
  it.each([
    ['promotions', ['promotion', 'promos', 'promo'], 'promotions?stage='],
    ['configmaps', ['configmap', 'cm'], 'configmaps'],
    ['stages', ['stage'], 'stages'],
    ['warehouses', ['warehouse'], 'warehouses'],
    ['roles', ['role'], 'roles'],
    ['tokens', ['token'], 'api-tokens'],
    [
      'generic-credentials',
      [
        'generic-credential',
        'generic-creds',
        'generic-cred',
        'genericcredentials',
        'genericcredential',
        'genericcreds',
        'genericcred',
      ],
      'generic-credentials',
    ],
    [
      'repo-credentials',
      ['repo-credential', 'repo-creds', 'repo-cred', 'repocredentials', 'repocredential', 'repocreds', 'repocred'],
      'repo-credentials',
    ],
  ])('%s goes by %j too', async (name, aliases, collection) => {
    for (const word of [name, ...aliases]) {
      const items = collection === 'roles' ? [] : { items: [] };
      const got = await runFake(['get', word, '-p', 'demo'], {
        routes: { [`GET /v1beta1/projects/demo/${collection}`]: { json: items } },
      });
      expect([word, got.code, got.stderr, got.requests.length]).toEqual([word, 0, '', 1]);
    }
  });
});

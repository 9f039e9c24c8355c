import { describe, expect, it } from 'vitest';
import { promotion, stage } from '../testing/objects.ts';
import { runFake } from '../testing/run.ts';

const PROJECT = '/v1beta1/projects/demo';
const TOKEN = '2026-01-02T03:04:05Z';
const NAME = 'test.01.f1';

const refreshed = (handled?: string): unknown => {
  const object = stage('test', { lastHandledRefresh: handled });
  object.metadata.annotations = { 'kargo.akuity.io/refresh': TOKEN };
  return object;
};

describe('refresh', () => {
  it.each([
    ['stage', "Stage 'demo/test' refreshed\n", 'stages'],
    ['warehouse', "Warehouse 'demo/test' refreshed\n", 'warehouses'],
  ])('asks for a refresh of a %s [S40]', async (kind, stdout, plural) => {
    const got = await runFake(['refresh', kind, 'Test', '--project', 'demo'], {
      routes: { [`POST ${PROJECT}/${plural}/test/refresh`]: {} },
    });
    expect(got).toMatchObject({ code: 0, stdout, stderr: '' });
    expect(got.requests).toHaveLength(1);
  });

  it('waits until the controller has handled it, over broken streams', async () => {
    const got = await runFake(['refresh', 'stage', 'test', '-p', 'demo', '--wait', '--timeout', '2h'], {
      routes: {
        [`POST ${PROJECT}/stages/test/refresh`]: {},
        [`GET ${PROJECT}/stages/test?watch=true`]: [
          { events: [': keepalive\n\n', { type: 'ADDED', object: refreshed() }] },
          {
            events: [
              { type: 'ADDED', object: refreshed('2026-01-02T03:00:00Z') },
              { type: 'MODIFIED', object: refreshed(TOKEN) },
            ],
          },
        ],
      },
    });
    expect(got).toMatchObject({ code: 0, stdout: "Stage 'demo/test' refreshed\n" });
    expect(got.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
    expect(got.requests[1]?.headers['Accept']).toBe('text/event-stream');
  });

  it('gives up after the timeout', async () => {
    const got = await runFake(['refresh', 'stage', 'test', '-p', 'demo', '--wait', '--timeout', '90s'], {
      routes: {
        [`POST ${PROJECT}/stages/test/refresh`]: {},
        [`GET ${PROJECT}/stages/test?watch=true`]: { events: [{ type: 'ADDED', object: refreshed() }], open: true },
      },
    });
    expect(got).toMatchObject({
      code: 8,
      stdout: '',
      stderr: "Error: timed out after 1m30s waiting for the refresh of Stage 'demo/test' to be handled (last seen: all good)\n",
    });
  });
});

describe('verify', () => {
  it.each([
    [[], 'verification', 'verification requested'],
    [['--abort'], 'verification/abort', 'verification abort requested'],
  ])('stage %j [S42] [S43]', async (flags, path, said) => {
    const got = await runFake(['verify', 'stage', 'TEST', '--project', 'demo', ...flags], {
      routes: { [`POST ${PROJECT}/stages/test/${path}`]: {} },
    });
    expect(got).toMatchObject({ code: 0, stdout: `stage.kargo.akuity.io/test ${said}\n` });
  });

  it('shows why it cannot be done, without a prefix', async () => {
    const got = await runFake(['verify', 'stage', 'test', '-p', 'demo'], {
      routes: { [`POST ${PROJECT}/stages/test/verification`]: { status: 409, json: { error: 'no current Freight' } } },
    });
    expect(got).toMatchObject({ code: 6, stderr: 'Error: 409 Conflict: {"error":"no current Freight"}\n' });
  });
});

describe('approve', () => {
  it.each([
    [['--freight', 'f1'], 'f1'],
    [['--freight-alias', 'frosty-fox'], 'frosty-fox'],
  ])('by %j', async (flags, name) => {
    const got = await runFake(['approve', '-p', 'demo', '--stage', 'prod', ...flags], {
      routes: { [`POST ${PROJECT}/freight/${name}/approve?stage=prod`]: {} },
    });
    expect(got).toMatchObject({ code: 0, stdout: `freight.kargo.akuity.io/${name} approved for stage "prod"\n` });
  });

  it.each([[['--stage', 'prod']], [['--freight', 'f1']], [['--freight', 'f1', '--freight-alias', 'a', '--stage', 'prod']]])(
    'refuses %j',
    async (flags) => {
      expect(await runFake(['approve', '-p', 'demo', ...flags])).toMatchObject({ code: 1, requests: [] });
    },
  );
});

describe('promote', () => {
  const created = { status: 201, json: promotion(NAME) };
  const line = `promotion.kargo.akuity.io/${NAME} promotion created\n`;

  it.each([
    [['--freight', 'f1'], { freight: 'f1', freightAlias: '', origin: '' }],
    [['--freight-alias', 'fox'], { freight: '', freightAlias: 'fox', origin: '' }],
    [['--warehouse', 'guestbook'], { freight: '', freightAlias: '', origin: 'Warehouse/guestbook' }],
  ])('to a Stage by %j [S38]', async (flags, body) => {
    const got = await runFake(['promote', '-p', 'demo', '--stage', 'test', ...flags], {
      routes: { [`POST ${PROJECT}/stages/test/promotions`]: created },
    });
    expect(got).toMatchObject({ code: 0, stdout: line });
    expect(JSON.parse(got.requests[0]?.body ?? '')).toEqual(body);
    expect(got.requests[0]?.headers['Content-Type']).toBe('application/json');
  });

  it('downstream, with what failed', async () => {
    const got = await runFake(['promote', '-p', 'demo', '--downstream-from', 'test', '--freight', 'f1'], {
      routes: {
        [`POST ${PROJECT}/stages/test/promotions/downstream`]: {
          status: 207,
          json: { promotions: [promotion(NAME)], promotionRequests: [{ metadata: { name: 'r' } }], errors: 'stage "b": no' },
        },
      },
    });
    expect(got).toMatchObject({
      code: 1,
      stdout: `${line}promotionrequest.kargo.akuity.io/r promotion request created\n`,
      stderr: 'Error: stage "b": no\n',
    });
  });

  it.each([
    ['Succeeded', undefined, 0, ''],
    ['Failed', 'step "push" failed', 8, `Error: promotion "${NAME}" ended as Failed: step "push" failed\n`],
    ['Errored', undefined, 8, `Error: promotion "${NAME}" ended as Errored\n`],
    ['Aborted', undefined, 8, `Error: promotion "${NAME}" ended as Aborted\n`],
  ])('--wait of one that ends as %s', async (phase, message, code, stderr) => {
    const got = await runFake(['promote', '-p', 'demo', '--stage', 'test', '--freight', 'f1', '--wait'], {
      routes: {
        [`POST ${PROJECT}/stages/test/promotions`]: created,
        [`GET ${PROJECT}/promotions/${NAME}?watch=true`]: {
          events: [
            { type: 'ADDED', object: promotion(NAME) },
            { type: 'MODIFIED', object: promotion(NAME, 'Running') },
            { type: 'MODIFIED', object: promotion(NAME, phase, message) },
          ],
        },
      },
    });
    expect(got).toMatchObject({ code, stdout: line, stderr });
  });

  it('--wait with -o prints the Promotion as it ended', async () => {
    const got = await runFake(
      ['promote', '-p', 'demo', '--stage', 'test', '--freight', 'f1', '--wait', '-o', 'jsonpath={.status.phase}'],
      {
        routes: {
          [`POST ${PROJECT}/stages/test/promotions`]: created,
          [`GET ${PROJECT}/promotions/${NAME}?watch=true`]: { events: [{ type: 'ADDED', object: promotion(NAME, 'Succeeded') }] },
        },
      },
    );
    expect(got).toMatchObject({ code: 0, stdout: 'Succeeded' });
  });

  it.each([
    ['the stream keeps ending', 8, { events: [] }, /unexpected end of watch stream/],
    ['it is deleted', 8, { events: [{ type: 'DELETED', object: promotion(NAME) }] }, /was deleted while waiting/],
    ['the watch is refused', 4, { status: 403, json: { error: 'no' } }, /unexpected status 403: \{"error":"no"\}/],
    ['the stream is nonsense', 1, { events: ['data: {\n\n'] }, /not JSON/],
  ])('--wait fails when %s', async (_, code, answer, stderr) => {
    const got = await runFake(['promote', '-p', 'demo', '--stage', 'test', '--freight', 'f1', '--wait'], {
      routes: {
        [`POST ${PROJECT}/stages/test/promotions`]: created,
        [`GET ${PROJECT}/promotions/${NAME}?watch=true`]: answer,
      },
    });
    expect(got.code).toBe(code);
    expect(got.stderr).toMatch(stderr);
  });

  it('aborts', async () => {
    const got = await runFake(['promote', '--abort', '--name', NAME, '-p', 'demo'], {
      routes: { [`POST ${PROJECT}/promotions/${NAME}/abort`]: {} },
    });
    expect(got).toMatchObject({ code: 0, stdout: `promotion.kargo.akuity.io/${NAME} abort requested\n` });
  });

  it.each([
    [['--stage', 'test', '--freight', 'f1'], 'project is required'],
    [['-p', 'demo', '--stage', 'test'], 'exactly one of --freight, --freight-alias and --warehouse is required'],
    [['-p', 'demo', '--freight', 'f1'], 'exactly one of --stage and --downstream-from is required'],
    [['-p', 'demo', '--warehouse', 'w', '--downstream-from', 's'], '--warehouse cannot be combined with --downstream-from'],
    [['-p', 'demo', '--abort'], 'name is required to abort a promotion'],
    [
      ['-p', 'demo', '--stage', 's', '--freight', 'f', '--wait', '--timeout', 'soon'],
      '"soon" is not a duration: a number is missing (for example 90s, 1.5h, 1h30m)',
    ],
  ])('refuses %j', async (flags, message) => {
    expect(await runFake(['promote', ...flags])).toMatchObject({ code: 1, stderr: `Error: ${message}\n`, requests: [] });
  });
});

describe('update freight', () => {
  it.each([
    [['--name', 'f1'], 'f1'],
    [['--old-alias', 'frosty-fox'], 'frosty-fox'],
  ])('by %j', async (flags, name) => {
    const got = await runFake(['update', 'freight', '-p', 'demo', '--new-alias', 'calm-cat', ...flags], {
      routes: { [`PATCH ${PROJECT}/freight/${name}/alias?newAlias=calm-cat`]: {} },
    });
    expect(got).toMatchObject({ code: 0, stdout: `freight.kargo.akuity.io/${name} updated\n` });
  });

  it.each([[['--new-alias', 'x']], [['--name', 'f1']], [['--name', 'f1', '--old-alias', 'a', '--new-alias', 'x']]])(
    'refuses %j',
    async (flags) => {
      expect(await runFake(['update', 'freight', '-p', 'demo', ...flags])).toMatchObject({ code: 1, requests: [] });
    },
  );
});

describe('configuration of projects and of the cluster', () => {
  const project = `${PROJECT}/config`;
  const cluster = '/v1beta1/system/cluster-config';
  it.each([
    [['get', 'projectconfig', '-p', 'demo', '-o', 'name'], `GET ${project}`, 'projectconfig.kargo.akuity.io/demo\n'],
    [['get', 'clusterconfig', '-o', 'name'], `GET ${cluster}`, 'clusterconfig.kargo.akuity.io/demo\n'],
    [['delete', 'projectconfig', '-p', 'demo'], `DELETE ${project}`, 'projectconfig.kargo.akuity.io/demo deleted\n'],
    [['delete', 'clusterconfig'], `DELETE ${cluster}`, 'clusterconfig.kargo.akuity.io/cluster deleted\n'],
    [['refresh', 'projectconfig', '-p', 'demo'], `POST ${project}/refresh`, "ProjectConfig 'demo' refreshed\n"],
    [['refresh', 'clusterconfig'], `POST ${cluster}/refresh`, "ClusterConfig '' refreshed\n"],
  ])('%j sends %s', async (argv, route, stdout) => {
    const got = await runFake(argv, { routes: { [route]: { json: { metadata: { name: 'demo' } } } } });
    expect(got).toMatchObject({ code: 0, stdout, stderr: '' });
    expect(got.requests).toHaveLength(1);
  });
});

describe('analysis', () => {
  it('shows templates, and runs by name', async () => {
    const templates = await runFake(['get', 'analysistemplates', '-p', 'demo'], {
      routes: { [`GET ${PROJECT}/analysis-templates`]: { json: { items: [{ metadata: { name: 'smoke' } }] } } },
    });
    expect(templates.stdout).toBe('NAME    AGE\nsmoke   <unknown>\n');
    const run = await runFake(['get', 'analysisrun', 'r', '-p', 'demo', '--no-headers'], {
      routes: {
        [`GET ${PROJECT}/analysis-runs/r`]: { json: { metadata: { name: 'r' }, status: { phase: 'Failed', message: 'no' } } },
      },
    });
    expect(run.stdout).toBe('r   Failed   no   <unknown>\n');
  });

  it('have their own API group in names', async () => {
    const got = await runFake(['get', 'analysisrun', 'r', '-p', 'demo', '-o', 'name'], {
      routes: { [`GET ${PROJECT}/analysis-runs/r`]: { json: { metadata: { name: 'r' } } } },
    });
    expect(got.stdout).toBe('analysisrun.argoproj.io/r\n');
  });
});

/** What people and the world around do wrong: each is refused or waited out with words that say what to do, and nothing is lost. */
import { AnalysisRun, Secret, Warehouse, type Promotion } from '@kargo/api';
import { startRegistry } from '@kargo/integrations/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promotionTemplate } from './document.ts';
import { PROJECT, World } from './world.ts';

let world: World;
let freight: string;

const warehouse = (name: string, subscription: string): string => `
apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: ${name}, namespace: ${PROJECT}}
spec: {subscriptions: [${subscription}]}
`;

/** A Stage with the steps of the documentation up to the push, changed by `edit`. */
const stage = (name: string, edit: (steps: string) => string = (steps) => steps, more = ''): string => {
  const steps = (promotionTemplate.split('      - uses: argocd-update')[0] ?? '')
    .replaceAll('https://github.com/example/repo.git', world.addresses.repository)
    .replaceAll('public.ecr.aws/nginx/nginx', world.addresses.image)
    .replace('stages/${{ ctx.stage }}', 'stages/test');
  return `
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: ${name}, namespace: ${PROJECT}}
spec:
  requestedFreight:
  - {origin: {kind: Warehouse, name: my-warehouse}, sources: {direct: true}}
${edit(steps)}${more}`;
};

const promote = (name: string): Promise<string> => world.ok(`promote --project ${PROJECT} --stage ${name} --freight ${freight}`);

/** The last Promotion to a Stage, once it fits. */
const promotion = (name: string, fits: (promotion: Promotion) => boolean): Promise<Promotion> =>
  world.until(`Promotion to ${name}`, async () => (await world.promotionsOf(name)).find(fits));

const ended = ({ status }: Promotion): boolean => status?.finishedAt !== undefined;

/** The message of the condition `Ready` of a Stage, once it fits. */
const readyMessage = (name: string, fits: RegExp): Promise<string> =>
  world.until(`${fits.source} at ${name}`, async () => {
    const found = (await world.stage(name)).status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    return fits.test(found) && found;
  });

beforeAll(async () => {
  world = await World.start({ config: { jobExecutor: 'none' } });
  world.registry.pushImage('nginx/nginx', '1.26.2');
  await world.ok(`create project ${PROJECT}`);
  await world.ok('apply -f -', warehouse('my-warehouse', `{image: {repoURL: ${world.addresses.image}, constraint: ">=1.0.0"}}`));
  freight = (await world.freightWithTag('1.26.2')).metadata.name ?? '';
}, 60_000);
afterAll(() => world?.close());

describe('manifests', () => {
  it('are refused with every problem at once: where, what was found, what is allowed', async () => {
    const { code, stderr } = await world.kargo(
      'create -f -',
      `
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: Bad_Name, namespace: ${PROJECT}}
spec:
  requestedFreigth: []
  requestedFreight:
  - origin: {kind: Chart, nam: my-warehouse}
    sources: {direct: "yes"}
  promotionTemplate:
    spec:
      steps:
      - {uses: git-clon, as: step-1, config: {repoURL: "\${{ vars. }}"}}
`,
    );
    expect(code).toBe(1);
    for (const problem of [
      /unknown field .*"spec\.requestedFreigth.*did you mean .*"spec\.requestedFreight/,
      /unknown field .*origin\.nam\\?".*did you mean .*origin\.name/,
      /metadata\.name: Invalid value: .*Bad_Name/,
      /spec\.requestedFreight\[0\]\.origin\.name: Required value/,
      /spec\.requestedFreight\[0\]\.origin\.kind: Unsupported value: .*Chart.*supported values: .*Warehouse/,
      /spec\.requestedFreight\[0\]\.sources\.direct: Invalid value: .*boolean/,
      /steps\[0\]\.as: Invalid value: .*reserved/,
      /steps\[0\]\.uses: Unsupported value: .*git-clon.*did you mean .*git-clone/,
      /steps\[0\]\.config\.repoURL: Invalid value: .*unexpected end of expression/,
    ])
      expect(stderr).toMatch(problem);
  });

  it.each([
    ['no YAML', 'a: [b', /cannot parse standard input: .* at line 1, column 6/],
    ['no object', '- 1', /not an object with apiVersion and kind/],
    ['nothing', '', /no objects found/],
    [
      'a kind nobody knows',
      'apiVersion: kargo.akuity.io/v1\nkind: Stage\nmetadata: {name: x}',
      /did you mean Stage of kargo\.akuity\.io\/v1alpha1/,
    ],
    ['no version', 'kind: Stage\nmetadata: {name: x}', /a Stage in the request body has no apiVersion/],
    [
      'no Project',
      'apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\nmetadata: {name: x}\nspec: {}',
      /metadata\.namespace.*Project/,
    ],
  ])('of %s are refused', async (_, manifest, says) => {
    const { code, stderr } = await world.kargo('create -f -', manifest);
    expect(code).toBe(1);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/\n {4}at |internal server error/);
  });

  it('that are good are applied although another in the same file is not, which is named', async () => {
    const { code, stdout, stderr } = await world.kargo(
      'create -f -',
      `${stage('fine')}---${stage('odd', undefined, '  fo: 1\n')}`,
    );
    expect(code).toBe(1);
    expect(stdout).toBe('stage.kargo.akuity.io/fine created\n');
    expect(stderr).toMatch(/"?odd"?.*unknown field "spec\.fo"/);
  });
});

describe('requests', () => {
  const send = async (path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> => {
    const answer = await fetch(world.plane.address + path, init);
    return { status: answer.status, text: await answer.text() };
  };
  const stages = `/apis/kargo.akuity.io/v1alpha1/namespaces/${PROJECT}/stages`;

  it.each(['/v1beta1/projects', stages])('with no, a garbage or a forged token get 401 from %s', async (path) => {
    for (const authorization of ['', 'Bearer garbage', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.', 'Basic eDp5'])
      expect((await send(path, authorization === '' ? {} : { headers: { authorization } })).status, authorization).toBe(401);
  });

  it('to an address where nothing listens say so', async () => {
    const closed = await startRegistry();
    await closed.close();
    const { code, stderr } = await world.kargo(`login ${closed.url} --admin --password x`);
    expect(code).toBe(7);
    expect(stderr).toMatch(/cannot reach .*`kargo up` starts one/);
  });

  it('with a wrong password get no token', async () => {
    const { code, stderr } = await world.kargo(`login ${world.plane.address} --admin --password wrong`);
    expect(code).toBe(4);
    expect(stderr).toContain('invalid password');
  });

  it.each<[string, string, RequestInit, number]>([
    ['too much YAML', '/v1beta1/resources', { method: 'POST', body: `a: ${'x'.repeat(5 << 20)}` }, 413],
    ['too much JSON', stages, { method: 'POST', body: `{"a": "${'x'.repeat(5 << 20)}"}` }, 413],
    ['half a JSON', stages, { method: 'POST', body: '{' }, 400],
    ['a list', stages, { method: 'POST', body: '[]' }, 400],
    ['null', stages, { method: 'POST', body: 'null' }, 400],
    ['deep nesting', stages, { method: 'POST', body: '['.repeat(100_000) }, 400],
    ['a limit that is no number', `${stages}?limit=abc`, {}, 400],
    ['a selector that is none', `${stages}?labelSelector=((`, {}, 400],
    ['a continuation that is none', `${stages}?continue=zzz`, {}, 400],
    ['a path that is no URL', '/v1beta1/projects/%zz', {}, 400],
    ['a path that is no URL', '/apis/%zz', {}, 400],
    ['an address that is nothing', '/v1beta1/nonsense', {}, 404],
  ])('with %s are refused (%s)', async (_, path, init, status) => {
    const headers = { authorization: `Bearer ${world.plane.kubeToken}`, 'content-type': 'application/json' };
    const answer = await send(path, { ...init, headers });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/\n {4}at |\.ts:\d/);
  });
});

describe('a promotion', () => {
  it('ends when the remote refuses its push, with the words of the remote', async () => {
    await world.git.refusePushes('repo', 'protected branch: ask the release team');
    await world.ok('apply -f -', stage('refused'));
    await promote('refused');
    const { status } = await promotion('refused', ended);
    expect(status).toMatchObject({ phase: 'Errored', message: expect.stringContaining('ask the release team') as string });
    expect(status?.message).toMatch(/check its branch protection/);
    expect(await readyMessage('refused', /ended Errored/)).toContain('ask the release team');
    await world.git.refusePushes('repo', undefined);
    await promote('refused');
    await promotion('refused', (each) => each.status?.phase === 'Succeeded');
  });

  it('keeps what somebody else pushed meanwhile', async () => {
    await world.ok('apply -f -', stage('race'));
    let pushed = false;
    world.git.setFault(({ service, phase }) => {
      if (service === 'git-receive-pack' && phase === 'advertise' && !pushed) {
        pushed = true;
        void world.git.commit('repo', { branch: 'stage/race', files: { 'theirs.txt': 'kept' }, message: 'Theirs' });
      }
      return undefined;
    });
    await world.git.commit('repo', { branch: 'stage/race', files: { 'old.txt': 'x' }, message: 'First' });
    await promote('race');
    expect((await promotion('race', ended)).status?.phase).toBe('Succeeded');
    world.git.setFault(undefined);
    expect((await world.git.log('repo', 'stage/race')).map(({ message }) => message.split('\n')[0])).toEqual([
      'Updated ./src/base to use new image',
      'Theirs',
      'First',
    ]);
    expect(await world.git.files('repo', 'stage/race')).toMatchObject({ 'theirs.txt': 'kept' });
  });

  it('waits for a git server that is away, and says so', async () => {
    world.git.setFault(() => ({ status: 503 }));
    await world.ok('apply -f -', stage('patient'));
    await promote('patient');
    const waiting = await promotion('patient', ({ status }) => (status?.message ?? '') !== '');
    expect(waiting.status).toMatchObject({ phase: 'Running', message: expect.stringContaining('cannot be reached') as string });
    world.git.setFault(undefined);
    expect((await promotion('patient', ended)).status?.phase).toBe('Succeeded');
  });

  it.each([
    [
      'expression',
      (steps: string) => steps.replace('${{ vars.srcPath }}/base', '${{ outputs.nope.path }}'),
      /outputs\.nope\.path/,
    ],
    [
      'branch',
      (steps: string) => steps.replace('branch: main', 'branch: trunk'),
      /branch "trunk" does not exist in http.*create: true/,
    ],
    ['folder', (steps: string) => steps.replace('stages/test', 'stages/nope'), /src\/stages\/nope, does not exist/],
    ['image', (steps: string) => steps.replace(world.addresses.image, 'example.com/other'), /has no image "example\.com\/other"/],
  ])('with a bad %s ends, and says which', async (what, edit, says) => {
    await world.ok('apply -f -', stage(`bad-${what}`, edit));
    await promote(`bad-${what}`);
    const { status } = await promotion(`bad-${what}`, ended);
    expect(status?.phase).toBe('Errored');
    expect(status?.message).toMatch(says);
    expect(await readyMessage(`bad-${what}`, /ended Errored/)).toMatch(says);
  });

  it('goes when its Stage is deleted in the middle of it, and leaves no workspace', async () => {
    world.git.setFault(({ service }) => (service === 'git-receive-pack' ? 'hang' : undefined));
    await world.ok('apply -f -', stage('deleted'));
    await promote('deleted');
    await promotion('deleted', ({ status }) => status?.phase === 'Running');
    await world.ok(`delete stage deleted --project ${PROJECT}`);
    await world.until('the Promotion to be gone', async () => (await world.promotionsOf('deleted')).length === 0);
    world.git.setFault(undefined);
    await world.ok('apply -f -', stage('deleted'));
    await promote('deleted');
    expect((await promotion('deleted', ended)).status?.phase).toBe('Succeeded');
  });
});

describe('a verification', () => {
  const template = (name: string): string => `
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: ${name}, namespace: ${PROJECT}}
spec:
  metrics:
  - name: job
    consecutiveErrorLimit: 0
    provider:
      job: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: alpine, command: ["true"]}]}}}}
`;

  it('says what to do when nothing can run its Job', async () => {
    await world.ok(
      'apply -f -',
      template('smoke') + '---' + stage('no-executor', undefined, '  verification: {analysisTemplates: [{name: smoke}]}\n'),
    );
    await promote('no-executor');
    expect(await readyMessage('no-executor', /error/i)).toMatch(/no job executor available/);
    const [run] = (await world.client.list(AnalysisRun, { namespace: PROJECT })).items;
    expect(run?.status).toMatchObject({
      phase: 'Error',
      message: expect.stringContaining('no job executor available') as string,
    });
  });

  it('says which template is missing', async () => {
    await world.ok('apply -f -', stage('no-template', undefined, '  verification: {analysisTemplates: [{name: nope}]}\n'));
    await promote('no-template');
    expect(await readyMessage('no-template', /AnalysisTemplate/)).toMatch(/AnalysisTemplate nope does not exist/);
    await world.ok('apply -f -', template('nope'));
    await world.ok(`verify stage no-template --project ${PROJECT}`);
    await readyMessage('no-template', /no job executor/);
  });
});

describe('a Warehouse', () => {
  const message = (name: string, fits: RegExp): Promise<string> =>
    world.until(`${fits.source} at ${name}`, async () => {
      const found = (await world.get(Warehouse, name)).status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
      return fits.test(found) && found;
    });

  it('says that its registry cannot be reached, and goes on when it can', async () => {
    world.registry.pushImage('later', '1.0.0');
    world.registry.setFault(() => 'disconnect');
    await world.ok(
      'apply -f -',
      warehouse('away', `{image: {repoURL: ${world.registry.repository('later')}, constraint: ">=1.0.0"}}`),
    );
    expect(await message('away', /could not/)).toContain(world.registry.host);
    world.registry.setFault(undefined);
    await message('away', /were discovered/);
    await world.freightWithTag('1.0.0');
  }, 60_000);

  it('says that its branch is gone, and keeps the Freight it made', async () => {
    await world.git.createRepository('other', { 'a.txt': 'a' });
    await world.git.git('other', 'branch', 'release', 'main');
    await world.ok('apply -f -', warehouse('branch', `{git: {repoURL: ${world.git.repositoryURL('other')}, branch: release}}`));
    await message('branch', /were discovered/);
    await world.git.git('other', 'branch', '-D', 'release');
    await world.ok(`refresh warehouse branch --project ${PROJECT}`);
    expect(await message('branch', /release/)).toMatch(/has no branch release/);
    expect(await world.ok(`get freight --project ${PROJECT}`)).toContain('Warehouse/branch');
  });
});

describe('a stored Secret', () => {
  it('is not shown by the commands that show resources', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'robot', namespace: PROJECT },
      stringData: { password: 'hidden-word' },
    };
    await world.client.create(Secret, secret);
    const shown = await world.kargo(`get stages --project ${PROJECT} -o yaml`);
    expect(shown.stdout + shown.stderr).not.toContain('hidden-word');
  });
});

/** Previews and plans over the REST API, with everything outside simulated. */
import { Application, Freight, Promotion, Secret, Stage, type Json, type PromotionStatus } from '@kargo/api';
import { collectFreight, freightReferenceOf } from '@kargo/controllers';
import { simulatedWorld, type SeedCommit, type SimulatedWorld } from '@kargo/integrations/testing';
import { seededRandom, silentLog } from '@kargo/kube';
import {
  promotionPreviewer,
  PromotionRunner,
  stepExpressions,
  stepRegistry,
  type PromotionPreview,
  type PromotionPreviewer,
  type StepPorts,
} from '@kargo/promotion';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addFreight, allowing, openPipeline, someFreight, userToken, type Answer, type Harness } from './harness.ts';

const URL = 'https://git.example.com/demo.git';
const IMAGE = 'registry/app';

let harness: Harness;
let world: SimulatedWorld;
let ports: StepPorts;

const STEPS: Json = [
  {
    uses: 'git-clone',
    config: {
      repoURL: URL,
      checkout: [
        { branch: 'main', path: './src' },
        { branch: 'stage/test', create: true, path: './out' },
      ],
    },
  },
  { uses: 'git-clear', config: { path: './out' } },
  { uses: 'kustomize-set-image', as: 'update', config: { path: './src/base', images: [{ image: '${{ vars.image }}' }] } },
  { uses: 'kustomize-build', config: { path: './src/base', outPath: './out/manifests.yaml' } },
  { uses: 'git-commit', as: 'commit', config: { path: './out', messageFromSteps: ['update'] } },
  { uses: 'git-push', config: { path: './out' } },
  {
    uses: 'argocd-update',
    config: { apps: [{ name: 'demo-test', sources: [{ repoURL: URL, desiredRevision: '${{ outputs.commit.commit }}' }] }] },
  },
];

async function open(authorizer?: ReturnType<typeof allowing>): Promise<void> {
  const made: { previewer?: PromotionPreviewer } = {};
  harness = await openPipeline({
    preview: (request) => made.previewer!(request),
    ...(authorizer === undefined ? {} : { authorizer }),
  });
  const { client, clock } = harness;
  world = simulatedWorld({ clock });
  world.remotes.create(URL, {
    'base/kustomization.yaml': `resources:\n- app.yaml\nimages:\n- name: ${IMAGE}\n  newTag: 1.0.0\n`,
    'base/app.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: ${IMAGE}\n`,
  });
  made.previewer = promotionPreviewer({
    registry: stepRegistry(),
    rehearsals: world.rehearsals,
    workspaces: world.workspaces,
    expressions: (recording) => stepExpressions({ client: recording }),
    ports: (ports = {
      clock,
      random: seededRandom(3),
      client,
      git: world.git,
      pullRequests: world.pullRequests,
      githubCommits: world.githubCommits,
      credentials: { find: async () => ({ username: 'kargo', password: 'credential-of-the-repository' }) },
      registries: world.registries,
      renderer: world.renderer,
      http: world.http,
      gitIdentity: { name: 'Kargo', email: 'no-reply@kargo.io' },
      argoCDNamespace: 'argocd',
    }),
  });
  await client.create(Application, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'demo-test', namespace: 'demo', annotations: { 'kargo.akuity.io/authorized-stage': 'demo:test' } },
    spec: { project: 'default', destination: {}, source: { repoURL: URL, path: '.', targetRevision: 'stage/test' } },
  } as Application);
  await addFreight(client, someFreight('f1', '1.27.0'));
  await steps(STEPS);
}

async function steps(list: Json): Promise<void> {
  const { client } = harness;
  const stage = await client.get(Stage, { namespace: 'demo', name: 'test' });
  const vars = [{ name: 'image', value: IMAGE }];
  const changed = JSON.parse(
    JSON.stringify(list).replace('"name":"demo-test"', '"name":"demo-test","namespace":"demo"'),
  ) as never;
  await client.update(Stage, { ...stage, spec: { ...stage.spec, vars, promotionTemplate: { spec: { steps: changed } } } });
}

const preview = async (stage = 'test', body: object = { freight: 'f1' }): Promise<Answer> =>
  harness.call('POST', `/projects/demo/stages/${stage}/promotions/preview`, body);

/** Runs the only Promotion, perhaps changed behind its back. */
async function run(change: (promotion: Promotion) => Promotion = (promotion) => promotion): Promise<PromotionStatus> {
  const [created] = (await harness.client.list(Promotion, { namespace: 'demo' })).items;
  const freight = await harness.client.get(Freight, { namespace: 'demo', name: 'f1' });
  const stage = await harness.client.get(Stage, { namespace: 'demo', name: 'test' });
  const reference = freightReferenceOf(freight);
  const { workspace } = await world.workspaces.open('promotion-1');
  const end = await new PromotionRunner({
    registry: stepRegistry(),
    ports,
    expressions: stepExpressions({ client: harness.client }),
  }).run({
    promotion: change(created!),
    freight: collectFreight(stage, reference),
    targetFreight: reference,
    targetFreightAlias: '',
    freightRequests: stage.spec.requestedFreight,
    workspace,
    fresh: false,
    status: { phase: 'Running' },
    persist: async () => undefined,
    log: silentLog,
    signal: new AbortController().signal,
  });
  return end.status;
}

const apply = (plan: unknown): Promise<Answer> => harness.call('POST', '/projects/demo/stages/test/promotions/planned', { plan });

beforeEach(() => open());
afterEach(() => harness.server.close());

describe('the preview of a promotion', () => {
  it('tells commits with their diffs, pushes, resources and Argo CD changes, and changes nothing', async () => {
    const before = world.remotes.branches(URL);
    const { status, body } = await preview('test', { freightAlias: 'alias-f1' });
    const document = body as PromotionPreview;
    expect([status, document.outcome, document.gates]).toEqual([200, 'Waits', []]);
    expect(document.steps.map(({ uses, outcome }) => [uses, outcome])).toEqual([
      ['git-clone', 'Succeeds'],
      ['git-clear', 'Succeeds'],
      ['kustomize-set-image', 'Succeeds'],
      ['kustomize-build', 'Succeeds'],
      ['git-commit', 'Succeeds'],
      ['git-push', 'Succeeds'],
      ['argocd-update', 'Waits'],
    ]);
    const [clone, , , , commit, push, argo] = document.steps;
    expect(clone?.effects).toMatchObject([{ kind: 'push', ref: 'refs/heads/stage/test', commitCount: 1 }]);
    expect(commit?.effects).toMatchObject([
      { kind: 'commit', repository: URL, commit: { files: [{ path: 'manifests.yaml', change: 'added' }] } },
    ]);
    const [made] = commit?.effects ?? [];
    expect(made?.kind === 'commit' && made.commit.files?.[0]?.diff).toContain(`+      - image: ${IMAGE}:1.27.0`);
    expect(push?.effects).toMatchObject([{ kind: 'push', ref: 'refs/heads/stage/test', forced: false }]);
    expect(argo?.effects).toMatchObject([
      { kind: 'resource', verb: 'patch', resource: { kind: 'Application', name: 'demo-test' }, change: { operation: {} } },
    ]);
    expect(document.manifests).toMatchObject([{ kind: 'Deployment', name: 'app', change: 'added' }]);
    expect(document.basis.heads).toEqual([
      { repository: URL, ref: 'refs/heads/main', commit: before['main'] },
      { repository: URL, ref: 'refs/heads/stage/test' },
    ]);
    expect([world.remotes.branches(URL), world.effects, await world.workspaces.ids()]).toEqual([before, [], []]);
    const { metadata, operation } = await harness.client.get(Application, { namespace: 'demo', name: 'demo-test' });
    expect([operation, metadata.annotations?.['argocd.argoproj.io/refresh']]).toEqual([undefined, undefined]);
    expect((await harness.client.list(Promotion, { namespace: 'demo' })).items).toEqual([]);
  });

  it('names the gates that would keep it from running, and until when', async () => {
    const stage = await harness.client.get(Stage, { namespace: 'demo', name: 'uat' });
    const soaking = structuredClone(stage) as Stage;
    soaking.spec.requestedFreight[0]!.sources = { stages: ['test'], requiredSoakTime: '1h' };
    await harness.client.update(Stage, soaking);
    const since = '2025-12-31T23:30:00Z';
    await addFreight(
      harness.client,
      someFreight('f2', '1.28.0', { verifiedIn: { test: { verifiedAt: since } }, currentlyIn: { test: { since } } }),
    );
    expect((await preview('uat', { freight: 'f1' })).body as PromotionPreview).toMatchObject({
      gates: [{ code: 'NotVerified', blocking: true }],
    });
    expect((await preview('uat', { freight: 'f2' })).body as PromotionPreview).toMatchObject({
      gates: [{ code: 'Soaking', blocking: true, until: '2026-01-01T00:30:00Z' }],
    });
  });

  it('tells failures with their reason, and what follows from them', async () => {
    await steps([
      { uses: 'git-clone', config: { repoURL: URL, checkout: [{ branch: 'absent', path: './src' }] } },
      { uses: 'git-clear', config: { path: './src' } },
    ]);
    const { body } = await preview();
    expect(body as PromotionPreview).toMatchObject({
      outcome: 'Fails',
      steps: [
        { outcome: 'Fails', message: expect.stringContaining('branch "absent" does not exist') as string },
        { outcome: 'Skipped' },
      ],
    });
  });

  it.each([
    ['no Freight', {}, 400],
    ['two selectors', { freight: 'f1', freightAlias: 'x' }, 400],
    ['unknown Freight', { freight: 'f9' }, 404],
    ['a malformed origin', { origin: 'x' }, 400],
  ])('refuses %s', async (_, body, code) => {
    expect((await preview('test', body)).status).toBe(code);
  });

  it('is only for those who may promote', async () => {
    await harness.server.close();
    await open(allowing('get stages', 'get freights', 'list freights', 'get projects'));
    const answer = await harness.call(
      'POST',
      '/projects/demo/stages/test/promotions/preview',
      { freight: 'f1' },
      { authorization: `Bearer ${userToken('alice')}` },
    );
    expect(answer.status).toBe(403);
  });

  it('never shows a secret, wherever it ends up', { timeout: 60_000 }, async () => {
    const { client } = harness;
    const secret = fc.oneof(
      fc.string({ minLength: 4, maxLength: 40 }),
      fc.string({ unit: 'grapheme', minLength: 4, maxLength: 20 }),
      fc.array(fc.stringMatching(/^[ -~]{6,20}$/), { minLength: 2, maxLength: 4 }).map((lines) => lines.join('\n')),
    );
    await client.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'demo', name: 's' }, data: {} });
    await steps([
      ...(STEPS as Json[]).slice(0, 4),
      {
        uses: 'compose-output',
        as: 'out',
        config: { token: "${{ quote(secret('s').token) }}", nested: { list: ["x ${{ secret('s').token }} y"] } },
      },
      { uses: 'git-commit', config: { path: './out', message: "Deploy with ${{ secret('s').token }}!" } },
      { uses: 'git-push', config: { path: './out', targetBranch: 'stage/copy' } },
      { uses: 'fail', config: { message: "no luck with ${{ secret('s').token }}" } },
    ]);
    await fc.assert(
      fc.asyncProperty(
        secret.filter((text) => text.trim().length >= 4 && /[a-z0-9]{3}/i.test(text)),
        async (token) => {
          const data = { token: Buffer.from(token).toString('base64') };
          await client.patch(Secret, { namespace: 'demo', name: 's' }, { type: 'merge', body: { data } });
          const { status, text } = await preview();
          expect(status).toBe(200);
          const parts = [token, ...token.split('\n')].map((part) => part.trim()).filter((part) => part.length >= 6);
          const strings = allTexts(JSON.parse(text));
          for (const part of parts) expect(strings.filter((one) => one.includes(part))).toEqual([]);
          expect(text).not.toContain('credential-of-the-repository');
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });
});

function allTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...allTexts(item)]);
}

describe('a plan', () => {
  it('is carried out while nothing it stands on has moved', async () => {
    await steps((STEPS as Json[]).slice(0, 6));
    const { body } = await preview();
    await harness.clock.advanceBy(60_000);
    const answer = await apply(body);
    expect(answer.status).toBe(201);
    expect((await harness.client.list(Promotion, { namespace: 'demo' })).items).toHaveLength(1);
    expect((await run()).phase).toBe('Succeeded');
    expect(world.remotes.log(URL, 'stage/test')).toHaveLength(2);
  });

  it.each<[string, string, SeedCommit]>([
    ['the branch it pushes to', 'git.push', { branch: 'stage/test', message: 'Theirs', files: { x: '1' } }],
    ['what it is made of', 'git.fetch', { message: 'Theirs', files: { 'base/more.yaml': 'kind: Other\n' } }],
  ])('is not pushed when somebody changes %s after it was accepted', async (_, moment, commit) => {
    await steps((STEPS as Json[]).slice(0, 6));
    // So that the branch exists already.
    world.remotes.commit(URL, { branch: 'stage/test', message: 'Old', files: { old: '1' } });
    world.remotes.commit(URL, {
      message: 'More',
      files: { 'base/kustomization.yaml': `resources:\n- app.yaml\n- more.yaml\n`, 'base/more.yaml': 'kind: Some\n' },
    });
    expect((await apply((await preview()).body)).status).toBe(201);
    const before = world.remotes.branches(URL);
    world.setHooks({
      before: (operation) => {
        if (!operation.startsWith(moment)) return;
        world.setHooks({});
        const id = world.remotes.commit(URL, commit);
        before[commit.branch ?? 'main'] = id;
      },
    });
    const status = await run();
    expect([status.phase, status.message]).toEqual(['Failed', expect.stringContaining('make a new plan')]);
    expect(world.remotes.branches(URL)).toEqual(before);
  });

  it('holds a Promotion to the steps it was made for', async () => {
    expect((await apply((await preview()).body)).status).toBe(201);
    const status = await run((promotion) => ({
      ...promotion,
      spec: { ...promotion.spec, vars: [{ name: 'image', value: 'registry/other' }] },
    }));
    expect([status.phase, status.message, world.effects]).toEqual([
      'Errored',
      expect.stringContaining('not those of the plan'),
      [],
    ]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['the source branch', async () => world.remotes.commit(URL, { message: 'More', files: { x: '1' } }), 'refs/heads/main'],
    [
      'the target branch',
      async () => world.remotes.commit(URL, { branch: 'stage/test', message: 'More', files: { x: '1' } }),
      'refs/heads/stage/test',
    ],
    ['the steps', async () => steps((STEPS as Json[]).slice(0, 6)), 'steps or variables'],
    [
      'the Freight',
      async () =>
        harness.client.patch(
          Freight,
          { namespace: 'demo', name: 'f1' },
          { type: 'merge', body: { images: [{ repoURL: IMAGE, tag: '9.9.9' }] } },
        ),
      'Freight',
    ],
    [
      'the Application',
      async () =>
        harness.client.patch(
          Application,
          { namespace: 'demo', name: 'demo-test' },
          { type: 'merge', body: { metadata: { annotations: null } } },
        ),
      'something else',
    ],
  ])('is refused when %s moved', async (_, move, message) => {
    const { body } = await preview();
    await move();
    const answer = await apply(body);
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining(message)]);
    expect((await harness.client.list(Promotion, { namespace: 'demo' })).items).toEqual([]);
  });

  it.each([{}, undefined, 'x', { kind: 'PromotionPreview' }, { kind: 'PromotionPreview', basis: { version: 1 } }])(
    'that is none is refused: %j',
    async (plan) => {
      expect((await apply(plan)).status).toBe(400);
    },
  );
});

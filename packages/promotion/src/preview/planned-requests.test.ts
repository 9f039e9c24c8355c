/** What a promotion that has a plan may ask others for: what stands in the plan, at the moment at which it is asked. */
import {
  annotations,
  Application,
  type ConfigMap,
  type Json,
  type Promotion,
  type PromotionStatus,
  type PromotionStep,
} from '@kargo/api';
import { simulatedWorld, type SimulatedWorld } from '@kargo/integrations/testing';
import { seededRandom, silentLog, type Clock } from '@kargo/kube';
import { beforeEach, describe, expect, it } from 'vitest';
import { stepExpressions } from '../context/expressions.ts';
import { PromotionRunner } from '../runner.ts';
import type { StepPorts } from '../step.ts';
import { stepRegistry } from '../steps/registry.ts';
import { anApplication } from '../testing/application-fixture.ts';
import { aPromotion, someCollection, someFreight, somePorts } from '../testing/run-fixture.ts';
import { StoredResources } from '../testing/stored-resources.ts';
import type { PromotionPreview } from './document.ts';
import { planAnnotation } from './planned.ts';
import { promotionPreviewer } from './preview-promotion.ts';

const REPOSITORY = 'https://github.example.com/team/demo.git';
const settings = (data: Record<string, string>): ConfigMap =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'demo', name: 'settings' }, data }) as ConfigMap;

const SETTINGS = { go: 'yes', title: 'Change it', host: 'example.com', tag: 'v2', team: 'a', method: 'merge' };

let now: number;
let world: SimulatedWorld;
let resources: StoredResources;
let ports: StepPorts;
let sent: string[];

beforeEach(() => {
  now = Date.parse('2026-01-01T00:00:00Z');
  const clock: Clock = {
    now: () => now,
    setTimer: () => ({ cancel: () => undefined }),
    sleep: async (ms) => void (now += ms),
  };
  world = simulatedWorld({ clock });
  world.remotes.create(REPOSITORY, { 'README.md': 'hello\n' });
  world.remotes.commit(REPOSITORY, { branch: 'change', message: 'Change it', files: { x: '1' } });
  for (const tag of ['v2', 'v3']) world.images.push('registry.example.com/app', tag, { labels: { tag } });
  sent = [];
  world.setHttp(({ method, url, body }) => {
    sent.push(`${method} ${url} ${String(body)}`);
    return { status: 200, headers: {}, body: Buffer.from('{"id":"42"}') };
  });
  resources = new StoredResources(
    settings(SETTINGS),
    { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Stage', metadata: { namespace: 'demo', name: 'test' } },
    { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Freight', metadata: { namespace: 'demo', name: 'f1' } },
    anApplication({ spec: { source: { repoURL: REPOSITORY, path: '.', targetRevision: 'change' } } }),
  );
  ports = somePorts({
    clock,
    random: seededRandom(1),
    git: world.git,
    registries: world.registries,
    pullRequests: world.pullRequests,
    githubCommits: world.githubCommits,
    http: world.http,
    client: resources.client,
  });
});

const request = (promotion: Promotion) => ({
  promotion,
  freight: someCollection,
  targetFreight: someFreight,
  targetFreightAlias: '',
  freightRequests: [],
  signal: new AbortController().signal,
});
const inPreview = (steps: PromotionStep[]): Promotion => {
  const made = aPromotion(steps);
  return { ...made, metadata: { ...made.metadata, name: `test.${'0'.repeat(26)}.a1b2c3d` } };
};
const preview = (steps: PromotionStep[]): Promise<PromotionPreview> =>
  promotionPreviewer({
    registry: stepRegistry(),
    ports,
    rehearsals: world.rehearsals,
    workspaces: world.workspaces,
    expressions: (client) => stepExpressions({ client }),
  })(request(inPreview(steps)));

/** Runs the promotion of a plan until it ends or waits. */
async function promote(steps: PromotionStep[], plan: PromotionPreview): Promise<PromotionStatus> {
  now += 3_600_000;
  const promotion = aPromotion(steps);
  const { workspace } = await world.workspaces.open('promotion-uid-1');
  const end = await new PromotionRunner({
    registry: stepRegistry(),
    ports,
    expressions: stepExpressions({ client: ports.client }),
  }).run({
    ...request({
      ...promotion,
      metadata: { ...promotion.metadata, annotations: { [annotations.plan]: planAnnotation(plan.basis) } },
    }),
    workspace,
    fresh: false,
    status: { phase: 'Running' },
    persist: async () => undefined,
    log: silentLog,
  });
  return end.status;
}

const config = (value: { [key: string]: Json }): { [key: string]: Json } => value;
const setting = (name: string): string => `\${{ configMap('settings').${name} }}`;
const openPR: PromotionStep = {
  uses: 'git-open-pr',
  as: 'pr',
  config: config({
    repoURL: REPOSITORY,
    sourceBranch: 'change',
    targetBranch: 'main',
    title: setting('title'),
    description: '${{ ctx.promotion }}',
  }),
};
const mergePR: PromotionStep = {
  uses: 'git-merge-pr',
  as: 'merge',
  config: config({ repoURL: REPOSITORY, prNumber: 1, mergeMethod: setting('method') }),
};
const pushImage: PromotionStep = {
  uses: 'oci-push',
  as: 'image',
  config: config({ srcRef: `registry.example.com/app:${setting('tag')}`, destRef: 'registry.example.com/app:stable' }),
};
const setStage: PromotionStep = {
  uses: 'set-metadata',
  as: 'metadata',
  config: config({ updates: [{ kind: 'Stage', name: 'test', values: { tag: setting('tag') } }] }),
};
const setAlias: PromotionStep = {
  uses: 'set-freight-alias',
  as: 'alias',
  config: config({ name: 'f1', alias: `alias-${setting('tag')}` }),
};
const post: PromotionStep = {
  uses: 'http',
  as: 'post',
  config: config({
    method: 'POST',
    url: `https://${setting('host')}/hook?promotion=\${{ ctx.promotion }}`,
    headers: [{ name: 'X-Team', value: setting('team') }],
    body: `{"tag":"${setting('tag')}"}`,
    successExpression: 'response.status == 200',
    outputs: [{ name: 'id', fromExpression: 'response.body.id' }],
  }),
};
const update: PromotionStep = {
  uses: 'argocd-update',
  as: 'update',
  config: config({
    apps: [
      {
        name: 'kargo-demo-test',
        sources: [{ repoURL: REPOSITORY, kustomize: { images: [{ repoURL: 'app', tag: setting('tag') }] } }],
      },
    ],
  }),
};

describe('a promotion with a plan', () => {
  it('opens the pull request, sends the request and changes the Application of the plan', async () => {
    const steps = [
      openPR,
      post,
      // What depends on an answer is not in the plan, and goes on.
      { ...post, as: 'again', config: { ...(post.config as object), body: '${{ outputs.post.id }}' } },
      update,
    ];
    const plan = await preview(steps);
    expect(plan.basis.requests?.map(({ step, subject }) => [step, subject])).toEqual([
      ['pr', 'pull request'],
      ['post', 'HTTP'],
      ['update', 'Application argocd/kargo-demo-test'],
    ]);
    expect([sent, resources.writes]).toEqual([[], []]);
    const status = await promote(steps, plan);
    expect([status.phase, status.stepExecutionMetadata?.map((step) => step.status)]).toEqual([
      'Running',
      ['Succeeded', 'Succeeded', 'Succeeded', 'Running'],
    ]);
    expect(world.pulls.of(REPOSITORY)).toHaveLength(1);
    expect(sent).toEqual([expect.stringContaining('{"tag":"v2"}'), expect.stringMatching(/ 42$/)]);
    expect(resources.writes).toEqual(['Application argocd/kargo-demo-test']);
  });

  it.each<[string, PromotionStep, Record<string, string>]>([
    ['another title of a pull request', openPR, { title: 'Something else' }],
    ['another host of an HTTP request', post, { host: 'elsewhere.example.com' }],
    ['another body of an HTTP request', post, { tag: 'v3' }],
    ['another header of an HTTP request', post, { team: 'b' }],
    ['another image of an Application', update, { tag: 'v3' }],
    ['another artifact under a tag', pushImage, { tag: 'v3' }],
    ['other metadata', setStage, { tag: 'v3' }],
    ['another alias', setAlias, { tag: 'v3' }],
    ['a pull request where none was to be', { ...openPR, if: "${{ configMap('settings').go == 'no' }}" }, { go: 'no' }],
    ['an HTTP request where none was to be', { ...post, if: "${{ configMap('settings').go == 'no' }}" }, { go: 'no' }],
    [
      'a change of an Application where none was to be',
      { ...update, if: "${{ configMap('settings').go == 'no' }}" },
      { go: 'no' },
    ],
  ])('fails for good before %s', async (_, step, change) => {
    const plan = await preview([step]);
    resources.put(settings({ ...SETTINGS, ...change }));
    const status = await promote([step], plan);
    expect([status.phase, status.message]).toEqual(['Failed', expect.stringContaining('make a new plan')]);
    expect([world.pulls.of(REPOSITORY), sent, resources.writes]).toEqual([[], [], []]);
  });

  it('merges a pull request in the way of the plan, and in no other', async () => {
    const request = { sourceBranch: 'change', targetBranch: 'main', title: 'Change it', description: '' };
    await world.pullRequests.create({ url: REPOSITORY }, request);
    const plan = await preview([mergePR]);
    resources.put(settings({ ...SETTINGS, method: 'squash' }));
    expect((await promote([mergePR], plan)).message).toContain('did not send the merge of pull request 1');
    expect(world.pulls.of(REPOSITORY)).toMatchObject([{ state: 'open' }]);
    resources.put(settings(SETTINGS));
    expect((await promote([mergePR], plan)).phase).toBe('Succeeded');
    expect(world.pulls.of(REPOSITORY)).toMatchObject([{ state: 'merged' }]);
  });

  it('pushes the artifact and writes the metadata and alias of the plan', async () => {
    const steps = [pushImage, setStage, setAlias];
    const plan = await preview(steps);
    expect(resources.writes).toEqual([]);
    expect((await promote(steps, plan)).phase).toBe('Succeeded');
    expect(resources.writes).toEqual(['Stage demo/test', 'Freight demo/f1']);
    expect((await world.registries.image({ repository: 'registry.example.com/app' }, 'stable'))?.digest).toBe(
      (await world.registries.image({ repository: 'registry.example.com/app' }, 'v2'))?.digest,
    );
  });

  it('does not touch an Application that somebody has changed meanwhile', async () => {
    const plan = await preview([update]);
    const app = resources.read(Application, { namespace: 'argocd', name: 'kargo-demo-test' });
    resources.put({ ...app, spec: { ...app.spec, source: { ...app.spec.source!, path: 'elsewhere' } } } as Application);
    expect((await promote([update], plan)).message).toContain('did not send the change of Argo CD Application');
    expect(resources.writes).toEqual([]);
  });

  it('may wait for an operation of somebody else first', async () => {
    const app = resources.read(Application, { namespace: 'argocd', name: 'kargo-demo-test' });
    resources.put({ ...app, operation: {} } as Application);
    const plan = await preview([update]);
    expect(plan.basis.requests).toEqual([]);
    resources.put(app);
    expect((await promote([update], plan)).phase).toBe('Running');
    expect(resources.writes).toEqual(['Application argocd/kargo-demo-test']);
  });

  it('that is of an earlier version is held to its trees only', async () => {
    const { requests: _, open: __, ...basis } = (await preview([post])).basis;
    resources.put(settings({ ...SETTINGS, tag: 'v3' }));
    const plan = { basis } as PromotionPreview;
    expect((await promote([post], plan)).phase).toBe('Succeeded');
  });
});

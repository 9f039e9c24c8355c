/**
 * Previews and promotions of generated processes on the simulated outside: what the preview says would be pushed is, to the byte, what the
 * promotion pushes, and nothing changes before it does.
 */
import { annotations } from '@kargo/api';
import type { FreightReference, Json, Promotion, PromotionStatus, PromotionStep } from '@kargo/api';
import { simulatedWorld, treeId, type SimulatedWorld } from '@kargo/integrations/testing';
import { seededRandom, silentLog, type Client, type Clock } from '@kargo/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepExpressions } from '../context/expressions.ts';
import { ConfigValidator } from '../config/validate.ts';
import { PromotionRunner } from '../runner.ts';
import type { StepPorts } from '../step.ts';
import { stepRegistry } from '../steps/registry.ts';
import { FewResources } from '../testing/resources.ts';
import { planAnnotation } from './planned.ts';
import { promotionPreviewer } from './preview-promotion.ts';
import type { PromotionPreview } from './document.ts';

const URL = 'https://git.example.com/demo.git';
const IMAGE = 'example.com/app';
const registry = stepRegistry();
const validator = new ConfigValidator();
const NAME = 'test.01j2w7a15cxjjgejresfyw6ysp.a1b2c3d';

/** One way in which a process can be made. */
interface Shape {
  source: string;
  out: 'same' | 'stage' | 'new';
  clear: boolean;
  setImage: boolean;
  build: 'file' | 'folder' | 'none';
  message: 'fixed' | 'steps' | 'freight';
  push: 'checkedOut' | 'other' | 'forced' | 'generated';
  /** Another clone that pushes to the same branch before. */
  rival: 'none' | 'otherFile' | 'sameFile';
  condition?: string | undefined;
  continueOnError: boolean;
  tag: string;
  twice: boolean;
  seed: Record<string, string>;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  source: fc.constantFrom('main', 'develop'),
  out: fc.constantFrom('same', 'stage', 'new'),
  clear: fc.boolean(),
  setImage: fc.boolean(),
  build: fc.constantFrom('file', 'folder', 'none'),
  message: fc.constantFrom('fixed', 'steps', 'freight'),
  push: fc.constantFrom('checkedOut', 'other', 'forced', 'generated'),
  rival: fc.constantFrom('none', 'none', 'otherFile', 'sameFile'),
  condition: fc.constantFrom(
    undefined,
    undefined,
    '${{ success() }}',
    "${{ vars.go == 'yes' }}",
    '${{ failure() }}',
    '${{ oops }}',
  ),
  continueOnError: fc.boolean(),
  tag: fc.constantFrom('1.27.0', '2.0.0-rc.1', 'latest'),
  twice: fc.boolean(),
  seed: fc.dictionary(fc.constantFrom('a.txt', 'dir/b.yaml', 'manifests.yaml', 'dir/c'), fc.string({ maxLength: 30 }), {
    maxKeys: 3,
  }),
});

function stepsOf(one: Shape): PromotionStep[] {
  const outBranch = one.out === 'same' ? one.source : one.out === 'stage' ? 'stage/test' : 'fresh/branch';
  const separate = one.out !== 'same';
  const out = separate ? './out' : './src';
  const target = { checkedOut: outBranch, other: 'stage/other', forced: 'stage/test', generated: '' }[one.push];
  const clone = (path: string, branch: string): { [key: string]: Json } => ({ branch, path, create: true });
  const rival: PromotionStep[] =
    one.rival === 'none'
      ? []
      : [
          { uses: 'git-clone', as: 'rival', config: { repoURL: URL, checkout: [clone('./rival', outBranch)] } },
          ...(one.rival === 'sameFile' ? [{ uses: 'git-clear', config: { path: './rival' } }] : []),
          {
            uses: 'kustomize-build',
            config: { path: './src/base', outPath: one.rival === 'sameFile' ? './rival/manifests.yaml' : './rival/rival/x.yaml' },
          },
          { uses: 'git-commit', config: { path: './rival', message: 'Rival' } },
          { uses: 'git-push', config: { path: './rival' }, continueOnError: true },
        ];
  return [
    {
      uses: 'git-clone',
      config: {
        repoURL: '${{ vars.repo }}',
        checkout: [clone('./src', one.source), ...(separate ? [clone('./out', outBranch)] : [])],
      },
    },
    ...rival,
    ...(one.clear && separate ? [{ uses: 'git-clear', config: { path: out } }] : []),
    ...(one.setImage
      ? [{ uses: 'kustomize-set-image', as: 'update', config: { path: './src/base', images: [{ image: IMAGE }] } }]
      : []),
    ...(one.build === 'none'
      ? []
      : [
          {
            uses: 'kustomize-build',
            continueOnError: one.continueOnError,
            ...(one.condition === undefined ? {} : { if: one.condition }),
            config: { path: './src/base', outPath: one.build === 'file' ? `${out}/manifests.yaml` : `${out}/rendered` },
          },
        ]),
    {
      uses: 'git-commit',
      as: 'commit',
      config: {
        path: out,
        ...(one.message === 'steps' && one.setImage
          ? { messageFromSteps: ['update'] }
          : { message: one.message === 'freight' ? "Deploy ${{ imageFrom('example.com/app').Tag }}" : 'Deploy' }),
      },
    },
    {
      uses: 'git-push',
      as: 'push',
      config: {
        path: out,
        ...(one.push === 'generated' ? { generateTargetBranch: true } : { targetBranch: target, force: one.push === 'forced' }),
      },
    },
    ...(one.twice ? [{ uses: 'git-push', config: { path: out, targetBranch: 'stage/copy' } }] : []),
    { uses: 'compose-output', as: 'end', config: { commit: '${{ outputs.push.commit }}', branch: '${{ outputs.push.branch }}' } },
  ];
}

class Case {
  now = Date.parse('2026-01-01T00:00:00Z');
  /** Time stands still but for pauses, which are over at once. */
  readonly clock: Clock = {
    now: () => this.now,
    setTimer: () => ({ cancel: () => undefined }),
    sleep: async (ms) => {
      this.now += ms;
    },
  };
  readonly world: SimulatedWorld = simulatedWorld({ clock: this.clock });
  readonly ports: StepPorts;
  readonly promotion: Promotion;
  readonly freight: FreightReference;

  constructor(one: Shape) {
    const base = {
      'base/kustomization.yaml': `resources:\n- app.yaml\nimages:\n- name: ${IMAGE}\n  newTag: 1.0.0\n`,
      'base/app.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: ${IMAGE}\n`,
    };
    this.world.remotes.create(URL, { ...base, ...one.seed });
    this.world.remotes.commit(URL, { branch: 'develop', message: 'Develop', files: { ...base, develop: '1' } });
    this.world.remotes.commit(URL, {
      branch: 'stage/test',
      message: 'Old',
      files: { ...one.seed, 'manifests.yaml': 'old: 1\n' },
    });
    this.world.remotes.commit(URL, { branch: 'stage/other', message: 'Other', files: { other: '1' } });
    this.freight = {
      name: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
      origin: { kind: 'Warehouse', name: 'app' },
      images: [{ repoURL: IMAGE, tag: one.tag }],
    };
    const warehouse = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Warehouse',
      metadata: { namespace: 'demo', name: 'app' },
      spec: { subscriptions: [{ image: { repoURL: IMAGE } }] },
    };
    this.ports = {
      clock: this.clock,
      random: seededRandom(1),
      git: this.world.git,
      pullRequests: this.world.pullRequests,
      githubCommits: this.world.githubCommits,
      credentials: { find: async () => undefined },
      registries: this.world.registries,
      renderer: this.world.renderer,
      http: this.world.http,
      client: new FewResources(warehouse) as unknown as Client,
      gitIdentity: { name: 'Kargo', email: 'no-reply@kargo.io' },
      argoCDNamespace: 'argocd',
    };
    this.promotion = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      metadata: { namespace: 'demo', name: NAME, uid: 'uid-1' },
      spec: {
        stage: 'test',
        freight: this.freight.name ?? '',
        vars: [
          { name: 'repo', value: URL },
          { name: 'go', value: 'yes' },
        ],
        steps: stepsOf(one).map((step, index) => ({ ...step, as: step.as ?? `step-${index + 1}` })),
      },
    };
  }

  get run() {
    return {
      promotion: this.promotion,
      freight: { id: 'x', items: { 'Warehouse/app': this.freight } },
      targetFreight: this.freight,
      targetFreightAlias: 'happy-alias',
      freightRequests: [{ origin: { kind: 'Warehouse' as const, name: 'app' }, sources: { direct: true } }],
      signal: new AbortController().signal,
    };
  }

  preview(): Promise<PromotionPreview> {
    return promotionPreviewer({
      registry,
      ports: this.ports,
      rehearsals: this.world.rehearsals,
      workspaces: this.world.workspaces,
      expressions: (client) => stepExpressions({ client }),
      validator,
    })(this.run);
  }

  /** `plan`: what the promotion is held to. `before`: what happens before each of its git operations. */
  async promote(plan?: PromotionPreview, before?: (operation: string) => void): Promise<PromotionStatus> {
    const { metadata, ...rest } = this.promotion;
    const promotion: Promotion = {
      ...rest,
      metadata: {
        ...metadata,
        ...(plan === undefined ? {} : { annotations: { [annotations.plan]: planAnnotation(plan.basis) } }),
      },
    };
    this.world.setHooks({ before });
    const runner = new PromotionRunner({
      registry,
      ports: this.ports,
      expressions: stepExpressions({ client: this.ports.client }),
      validator,
    });
    const { workspace } = await this.world.workspaces.open('promotion-uid-1');
    const end = await runner.run({
      ...this.run,
      promotion,
      workspace,
      fresh: false,
      status: { phase: 'Running' },
      persist: async () => undefined,
      log: silentLog,
    });
    return end.status;
  }

  /** Branch → tree. */
  trees(): Record<string, string> {
    const { remotes } = this.world;
    return Object.fromEntries(
      Object.entries(remotes.branches(URL)).map(([branch, id]) => [`refs/heads/${branch}`, treeId(remotes.get(id).tree)]),
    );
  }
}

describe('previews of generated processes', () => {
  it('predict the trees of all branches, every outcome and output, and change nothing', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(shape, async (one) => {
        const given = new Case(one);
        const before = given.trees();
        const preview = await given.preview();
        expect([given.trees(), given.world.effects, await given.world.workspaces.ids()]).toEqual([before, [], []]);
        // Time passes: dates and ids of commits differ, trees do not.
        given.now += 3_600_000;
        // Every second one is held to the preview, which must make no difference.
        const status = await given.promote(one.twice ? preview : undefined);
        const predicted = Object.fromEntries(preview.basis.trees.map(({ ref, tree }) => [ref, tree]));
        expect({ ...before, ...predicted }).toEqual(given.trees());
        expect(
          preview.steps.map(({ alias, outcome }) => [
            alias,
            { Succeeds: 'Succeeded', Fails: 'Errored' }[String(outcome)] ?? outcome,
          ]),
        ).toEqual(
          preview.steps.map(({ alias }) => {
            const entry = status.stepExecutionMetadata?.find((known) => known.alias === alias);
            return [alias, entry?.status === 'Failed' ? 'Errored' : (entry?.status ?? 'Skipped')];
          }),
        );
        expect(preview.outcome).toBe(status.phase === 'Succeeded' ? 'Succeeds' : 'Fails');
      }),
      { numRuns: Number(process.env['PREVIEW_RUNS'] ?? 1000), seed: 7 },
    );
  });

  it('hold a promotion to its plan, whenever somebody pushes in between', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.nat({ max: 12 }),
        fc.constantFrom('main', 'develop', 'stage/test', 'stage/other'),
        async (one, at, branch) => {
          const given = new Case(one);
          const preview = await given.preview();
          let operations = 0;
          const foreign = new Set<string>();
          await given.promote(preview, (operation) => {
            if (!operation.startsWith('git.') || operations++ !== at) return;
            foreign.add(
              given.world.remotes.commit(URL, { branch, message: 'In between', files: { between: '1', 'base/more': 'x' } }),
            );
          });
          const allowed = new Set(preview.basis.trees.map(({ ref, tree }) => `${ref} ${tree}`));
          const { remotes } = given.world;
          for (const { kind, branch: name, to } of given.world.effects) {
            if (kind !== 'git.push') continue;
            expect(allowed).toContain(`refs/heads/${String(name)} ${treeId(remotes.get(String(to)).tree)}`);
          }
        },
      ),
      { numRuns: Math.ceil(Number(process.env['PREVIEW_RUNS'] ?? 1000) / 4), seed: 11 },
    );
  });
});

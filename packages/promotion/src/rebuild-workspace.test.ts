/**
 * A promotion whose workspace is lost while it runs: what was done outside is seen once, whatever the moment, and what steps put out stays
 * as it was told.
 */
import type { Application, KubeObject, PromotionStatus, PromotionStep } from '@kargo/api';
import { Application as ApplicationKind } from '@kargo/api';
import { simulatedWorld, type SimulatedWorld } from '@kargo/integrations/testing';
import { silentLog, VirtualClock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { stepExpressions } from './context/expressions.ts';
import type { Expressions } from './context/scope.ts';
import { entryOf } from './engine/status.ts';
import type { RunEnd } from './promotion-run.ts';
import { PromotionRunner } from './runner.ts';
import type { Step, StepResult } from './step.ts';
import { builtInSteps, stepRegistry } from './steps/registry.ts';
import { anApplication, operationState } from './testing/application-fixture.ts';
import { aPromotion, someCollection, someFreight, somePorts } from './testing/run-fixture.ts';
import { StoredResources } from './testing/stored-resources.ts';

const URL = 'https://github.example.com/team/demo.git';

/**
 * Every step that does something outside, and those that lead to it. But for `github-push`: the simulated world has no API of GitHub, which
 * would have to sign and move branches as GitHub does. That it does nothing twice when it is lost after the push is shown in `github-push.test.ts`.
 */
const STEPS: PromotionStep[] = [
  {
    uses: 'git-clone',
    as: 'clone',
    config: {
      repoURL: URL,
      checkout: [
        { branch: 'main', path: 'src' },
        { branch: 'other', path: 'two' },
      ],
    },
  },
  { uses: 'file-write', as: 'write', config: { path: 'src/x', contents: 'new\n', overwrite: true } },
  { uses: 'git-commit', as: 'commit', config: { path: 'src', message: 'Change x' } },
  { uses: 'git-push', as: 'push', config: { path: 'src' } },
  { uses: 'git-tag', as: 'tag', config: { path: 'src', tag: 'v1', message: 'One' } },
  { uses: 'git-push', as: 'push-tag', config: { path: 'src', tag: 'v1' } },
  {
    uses: 'file-write',
    as: 'write-2',
    config: { path: 'two/y', contents: "${{ 'of ' + outputs.commit.commit }}\n", overwrite: true },
  },
  { uses: 'git-commit', as: 'commit-2', config: { path: 'two', message: 'Change y' } },
  { uses: 'git-push', as: 'push-2', config: { path: 'two', generateTargetBranch: true } },
  {
    uses: 'git-open-pr',
    as: 'open',
    config: { repoURL: URL, sourceBranch: '${{ outputs["push-2"].branch }}', targetBranch: 'other' },
  },
  { uses: 'git-merge-pr', as: 'merge', config: { repoURL: URL, prNumber: '${{ outputs.open.pr.id }}' } },
  { uses: 'git-wait-for-pr', as: 'wait', config: { repoURL: URL, prNumber: '${{ outputs.open.pr.id }}' } },
  {
    uses: 'http',
    as: 'post',
    config: {
      method: 'POST',
      url: 'https://hooks.example.com/x',
      bodyFromFile: 'src/x',
      outputs: [{ name: 'n', fromExpression: 'response.body.n' }],
    },
  },
  { uses: 'oci-push', as: 'oci', config: { srcRef: 'registry.example.com/app:v1', destRef: 'registry.example.com/copy:v1' } },
  {
    uses: 'set-metadata',
    as: 'meta',
    config: { updates: [{ kind: 'Stage', name: 'test', values: { commit: '${{ outputs.commit.commit }}' } }] },
  },
  { uses: 'set-freight-alias', as: 'alias', config: { name: someFreight.name!, alias: 'nice' } },
  { uses: 'argocd-update', as: 'sync', config: { apps: [{ name: 'kargo-demo-test' }] } },
  { uses: 'copy', as: 'last', config: { inPath: 'src/x', outPath: 'z' } },
];

/** Every so many moments one is tried; `KARGO_FUZZ=5` tries them all. */
const EVERY = Number(process.env['KARGO_FUZZ'] ?? 1) >= 5 ? 1 : 5;

/** When the process dies: at an operation outside, or at a write of the status; `n` counts from 1. */
interface Death {
  at: 'operation' | 'write';
  moment: 'before' | 'after';
  n: number;
}

class Lives {
  readonly clock = new VirtualClock('2026-01-01T00:00:00Z');
  readonly world: SimulatedWorld = simulatedWorld({ clock: this.clock });
  readonly resources: StoredResources;
  readonly keys = new Set<string>();
  status: PromotionStatus = { phase: 'Running' };
  /** What the first life came to. */
  readonly reached = { operation: 0, write: 0 };
  deaths = 0;

  constructor() {
    const { remotes, images } = this.world;
    remotes.create(URL, { x: 'old\n', y: 'old\n' });
    remotes.remote(URL).branches.set('other', remotes.branches(URL)['main']!);
    images.push('registry.example.com/app', 'v1');
    this.world.setHttp((request) => {
      this.keys.add(request.headers?.['idempotency-key'] ?? '');
      return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(`{"n":${this.keys.size}}`) };
    });
    const object = (kind: string, name: string): KubeObject => ({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind,
      metadata: { namespace: 'demo', name },
    });
    this.resources = new StoredResources(object('Stage', 'test'), object('Freight', someFreight.name!), anApplication());
  }

  /** To the end of the promotion, dying once for each of `deaths`. */
  async run(deaths: readonly Death[] = [], between: (lives: Lives) => void = () => undefined): Promise<PromotionStatus> {
    for (let life = 0; life < 20; life++) {
      const end = await this.#live(deaths[this.deaths]);
      if (end === 'dead') {
        this.deaths++;
        // Whatever carries a date would show that it was done anew.
        await this.clock.advanceBy(60_000);
        await this.world.workspaces.remove('one');
        between(this);
      } else if (end.kind === 'finished') return end.status;
      else this.#argoCD();
    }
    throw new Error(`the promotion does not come to an end: ${JSON.stringify(this.status)}`);
  }

  async #live(death: Death | undefined): Promise<RunEnd | 'dead'> {
    const died = Promise.withResolvers<'dead'>();
    let dead = false;
    const seen = { operation: { before: 0, after: 0 }, write: { before: 0, after: 0 } };
    const point = async (at: Death['at'], moment: Death['moment']): Promise<void> => {
      const n = ++seen[at][moment];
      if (this.deaths === 0) this.reached[at] = Math.max(this.reached[at], n);
      if (death !== undefined && death.at === at && death.moment === moment && death.n === n) {
        dead = true;
        died.resolve('dead');
      }
      if (dead) await new Promise(() => undefined);
    };
    this.world.setHooks({});
    const { workspace, fresh } = await this.world.workspaces.open('one');
    this.world.setHooks({ before: () => point('operation', 'before'), after: () => point('operation', 'after') });
    const { git, pullRequests, registries, http } = this.world;
    const { client } = this.resources;
    const ports = somePorts({ clock: this.clock, git, pullRequests, registries, http, client });
    const runner = new PromotionRunner({ registry: stepRegistry(), ports, expressions: stepExpressions({ client }) });
    const run = runner.run({
      promotion: aPromotion(STEPS),
      status: this.status,
      freight: someCollection,
      targetFreight: someFreight,
      targetFreightAlias: '',
      freightRequests: [],
      workspace,
      fresh,
      persist: async (status) => {
        await point('write', 'before');
        this.status = structuredClone(status);
        await point('write', 'after');
      },
      log: silentLog,
      signal: new AbortController().signal,
    });
    const end = await Promise.race([run, died.promise]);
    this.world.setHooks({});
    return end;
  }

  /** Argo CD carries out what it was asked for. */
  #argoCD(): void {
    const app = this.resources.read<Application>(ApplicationKind, { namespace: 'argocd', name: 'kargo-demo-test' });
    const { operation: _, ...rest } = app;
    const done = operationState(aPromotion([]).metadata.name, { phase: 'Succeeded', syncResult: { revision: 'r' } });
    this.resources.put({ ...rest, status: { operationState: done } } as unknown as KubeObject);
  }

  /** What the world outside has seen, without what differs with time. */
  seen(): object {
    const { remotes, effects } = this.world;
    const message = (branch: string): string[] => remotes.log(URL, branch).map((commit) => commit.message);
    return {
      effects: effects
        .filter(({ kind }) => kind !== 'http.send')
        .map(({ kind, branch, tag, reference, number }) => [kind, branch, tag, reference, number]),
      keys: this.keys.size,
      main: message('main'),
      other: message('other'),
      writes: this.resources.writes,
    };
  }
}

const aliases = STEPS.map(({ as }) => `${as} Succeeded`);
const statuses = (status: PromotionStatus): string[] =>
  (status.stepExecutionMetadata ?? []).map(
    (entry) =>
      `${entry.alias} ${entry.status}${entry.message === undefined || entry.status === 'Succeeded' ? '' : `: ${entry.message}`}`,
  );

async function play(
  deaths: readonly Death[],
  between?: (lives: Lives) => void,
): Promise<{ lives: Lives; status: PromotionStatus }> {
  const lives = new Lives();
  return { lives, status: await lives.run(deaths, between) };
}

describe('a promotion that is killed together with its workspace', () => {
  const where = ({ at, moment, n }: Death): string => `killed ${moment} ${at} ${n}`;
  const deathsOf = ({ reached }: Lives): Death[] =>
    (['operation', 'write'] as const).flatMap((at) =>
      Array.from({ length: reached[at] }, (_, index) =>
        (['before', 'after'] as const).map((moment) => ({ at, moment, n: index + 1 })),
      ).flat(),
    );

  it('does everything outside once, whatever the moment', { timeout: 60_000 }, async () => {
    const clean = await play([]);
    expect(statuses(clean.status)).toEqual(aliases);
    const deaths = deathsOf(clean.lives);
    expect(deaths.length).toBeGreaterThan(80);
    for (let index = 0; index < deaths.length; index += EVERY) {
      const death = deaths[index]!;
      const { lives, status } = await play([death]);
      expect([where(death), ...statuses(status)]).toEqual([where(death), ...aliases]);
      expect({ where: where(death), ...lives.seen() }).toEqual({ where: where(death), ...clean.lives.seen() });
      // What was told of commits is what the remote has.
      const state = status.state as Record<string, { commit: string }>;
      expect(lives.world.remotes.log(URL, 'main')[0]?.id, where(death)).toBe(state['commit']?.commit);
      expect(lives.world.remotes.log(URL, 'main')[0]?.id, where(death)).toBe(state['push']?.commit);
      expect(status.phase).toBe('Succeeded');
      expect(status.message).toBeUndefined();
    }
  });

  it('also when it is killed again while the workspace is made again', { timeout: 60_000 }, async () => {
    const clean = await play([]);
    const deaths = deathsOf(clean.lives);
    for (let index = 5; index < deaths.length; index += 9 * EVERY) {
      for (const n of [1, 3, 8, 14]) {
        const twice: Death[] = [deaths[index]!, { at: 'operation', moment: n % 2 === 0 ? 'before' : 'after', n }];
        const { lives, status } = await play(twice);
        const here = twice.map(where).join(', then ');
        expect([here, ...statuses(status)]).toEqual([here, ...aliases]);
        expect({ here, ...lives.seen() }).toEqual({ here, ...clean.lives.seen() });
      }
    }
  });

  it('also when others push to the branches meanwhile', { timeout: 60_000 }, async () => {
    const clean = await play([]);
    const deaths = deathsOf(clean.lives);
    const ofOthers = ({ world }: Lives): void => {
      for (const branch of ['main', 'other']) world.remotes.commit(URL, { branch, message: 'Of others', files: { theirs: 'x' } });
    };
    for (let index = 0; index < deaths.length; index += EVERY) {
      const { lives, status } = await play([deaths[index]!], ofOthers);
      if (lives.deaths === 0) continue;
      const here = where(deaths[index]!);
      expect([here, ...statuses(status)]).toEqual([here, ...aliases]);
      const { remotes, effects } = lives.world;
      const state = status.state as Record<string, { commit: string }>;
      const inMain = remotes.log(URL, 'main').map(({ id }) => id);
      expect([here, inMain.includes(state['push']?.commit ?? '')]).toEqual([here, true]);
      expect([here, inMain.includes(state['commit']?.commit ?? '')]).toEqual([here, true]);
      const once = (branch: string, message: string): number =>
        remotes.log(URL, branch).filter((commit) => commit.message === message).length;
      expect([here, once('main', 'Change x'), once('main', 'Of others'), once('other', 'Of others')]).toEqual([here, 1, 1, 1]);
      expect([here, effects.filter(({ kind }) => kind === 'pullRequests.create').length, lives.keys.size]).toEqual([here, 1, 1]);
      expect(remotes.files(URL, 'other')).toMatchObject({ y: expect.stringMatching(/^of [0-9a-f]{40}\n$/), theirs: 'x' });
    }
  });

  it('never takes the tag of somebody else for its own', { timeout: 60_000 }, async () => {
    const clean = await play([]);
    const ends = new Set<string>();
    for (const death of deathsOf(clean.lives)) {
      let isTheirs = false;
      const { lives, status } = await play([death], ({ world: { remotes } }) => {
        const id = remotes.commit(URL, { branch: 'main', message: 'Of others', files: { theirs: 'x' } });
        if (remotes.remote(URL).tags.has('v1')) return;
        isTheirs = true;
        remotes.tag(URL, 'v1', id);
      });
      if (lives.deaths === 0) continue;
      expect([where(death), status.phase]).toEqual([where(death), isTheirs ? 'Errored' : 'Succeeded']);
      if (isTheirs) expect(status.message).toContain('v1');
      ends.add(status.phase ?? '');
    }
    expect([...ends].toSorted()).toEqual(['Errored', 'Succeeded']);
  });
});

describe('a workspace that is lost', () => {
  const literal: Expressions = { condition: async () => true, config: async (config) => config ?? {} };
  const clock = new VirtualClock('2026-01-02T00:00:00Z');
  const START = '2026-01-01T00:00:00Z';
  const over = (alias: string, status = 'Succeeded') => ({ alias, status, startedAt: START, finishedAt: START });

  /** Runs a promotion over steps `w` (writes) and `n` (none) whose workspace has just been made. */
  async function resume(
    status: PromotionStatus,
    steps: PromotionStep[],
    results: Record<string, () => Promise<StepResult>> = {},
  ): Promise<{ end: RunEnd; ran: string[]; persisted: PromotionStatus[] }> {
    const ran: string[] = [];
    const persisted: PromotionStatus[] = [];
    const make = (name: string, workspace: 'writes' | 'none'): Step<never> => ({
      name,
      workspace,
      configSchema: { type: 'object' },
      run: async ({ alias, outputs, startedAt }) => {
        ran.push(`${alias} at ${new Date(startedAt).toISOString().slice(0, 10)} saw ${Object.keys(outputs).join()}`);
        return results[alias]?.() ?? { status: 'Succeeded', output: { by: 'the second life' } };
      },
    });
    const { workspace } = await simulatedWorld({ clock }).workspaces.open('one');
    const registry = stepRegistry([make('w', 'writes'), make('n', 'none')]);
    const end = await new PromotionRunner({ registry, ports: somePorts({ clock }), expressions: literal }).run({
      promotion: aPromotion(steps),
      status: { phase: 'Running', ...status },
      freight: someCollection,
      targetFreight: someFreight,
      targetFreightAlias: '',
      freightRequests: [],
      workspace,
      fresh: true,
      persist: async (next) => void persisted.push(next),
      log: silentLog,
      signal: new AbortController().signal,
    });
    return { end, ran, persisted };
  }
  const steps = [
    { uses: 'w', as: 'a' },
    { uses: 'n', as: 'b' },
    { uses: 'w', as: 'c' },
    { uses: 'w', as: 'd' },
  ];
  const before: PromotionStatus = {
    currentStep: 3,
    stepExecutionMetadata: [over('a'), over('b'), over('c', 'Skipped'), { alias: 'd', status: 'Running', startedAt: START }],
    state: { a: { by: 'the first life' }, b: { by: 'the first life' }, c: null },
    healthChecks: [{ uses: 'x' }],
  };

  it('is made again by the steps whose work it was, with their dates and without the outputs of later ones', async () => {
    const { end, ran, persisted } = await resume(before, steps);
    expect(ran).toEqual(['a at 2026-01-01 saw a', 'c at 2026-01-01 saw a,b,c', 'd at 2026-01-02 saw a,b,c']);
    expect(persisted[0]?.message).toContain('workspace of the promotion was lost');
    expect(end).toMatchObject({ kind: 'finished', status: { phase: 'Succeeded', healthChecks: [{ uses: 'x' }] } });
    expect(end.status.stepExecutionMetadata?.slice(0, 3)).toEqual(before.stepExecutionMetadata?.slice(0, 3));
    // Something outside has gone by what `a` put out, and nothing by what `c` did.
    expect(end.status.state).toMatchObject({
      a: { by: 'the first life' },
      c: { by: 'the second life' },
      d: { by: 'the second life' },
    });
  });

  it('stays as it is when nobody will look into it', async () => {
    const { ran } = await resume({ ...before, currentStep: 1, stepExecutionMetadata: [over('a')] }, steps.slice(0, 2));
    expect(ran).toEqual(['b at 2026-01-02 saw a,b,c']);
  });

  it('is not made by steps that failed, were skipped, or have not begun', async () => {
    const status: PromotionStatus = {
      currentStep: 2,
      stepExecutionMetadata: [
        { ...over('a', 'Failed'), continueOnError: true },
        { alias: 'b', status: 'Skipped' },
      ],
    };
    const some = [
      { ...steps[0]!, continueOnError: true },
      { uses: 'w', as: 'b' },
      { uses: 'w', as: 'c' },
    ];
    expect((await resume(status, some)).ran).toEqual(['c at 2026-01-02 saw ']);
  });

  it('is tried again by the rules of the step that fails, and fails the promotion in the end', async () => {
    const fails = { a: () => Promise.reject(new Error('no disk')) };
    const patient = steps.map((step) => (step.as === 'a' ? { ...step, retry: { errorThreshold: 2 } } : step));
    expect((await resume(before, patient, fails)).end).toMatchObject({ kind: 'retry', alias: 'a', errorCount: 1 });
    const { end } = await resume(before, steps, fails);
    expect(end).toMatchObject({
      kind: 'finished',
      status: { phase: 'Errored', message: 'step "a" met error threshold of 1: error running step "a": no disk' },
    });
    expect(entryOf(end.status, 'b')).toEqual(over('b'));
    expect(entryOf(end.status, 'd')).toMatchObject({
      status: 'Errored',
      message: expect.stringContaining('step "a" could not make it again'),
    });
  });
});

describe('steps', () => {
  it('say what they have to do with the workspace: those with an effect outside are never repeated', () => {
    const use = (kind: string): string[] =>
      builtInSteps.filter(({ workspace = 'writes' }) => workspace === kind).map(({ name }) => name);
    expect(use('none')).toEqual([
      'argocd-update',
      'argocd-wait',
      'compose-output',
      'fail',
      'git-merge-pr',
      'git-open-pr',
      'git-wait-for-pr',
      'oci-push',
      'set-freight-alias',
      'set-metadata',
    ]);
    expect(use('reads')).toEqual(['git-push', 'github-push', 'http', 'json-parse', 'toml-parse', 'yaml-parse']);
  });
});

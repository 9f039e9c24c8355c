/**
 * The controllers die at every call they make, one run for each, and are started again. Whatever the instant, the pipeline ends as if
 * nothing had happened: each Freight is promoted once and verified once in each Stage, no result is lost, and people are told of everything exactly once.
 */
import { annotations, Promotion } from '@kargo/api';
import { nextTurn } from '@kargo/kube';
import { crashAt, SimulatedProcess, Trace } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

interface Outcome {
  promotions: string[];
  history: string[][];
  verifications: (string | undefined)[];
  runs: number;
  verifiedIn: string[];
  /** What people were told. */
  told: string[];
  violations: string[];
}

interface Story {
  stages: readonly string[];
  /** What engines and people do next; false when there is nothing to do. */
  act: (world: World) => Promise<boolean>;
}

/** Tells a story, in which the controllers die at point `crash`, to its end. `points` says how many points the first process passed. */
async function tell({ stages, act }: Story, crash?: number): Promise<Outcome & { points: number }> {
  const processes: SimulatedProcess[] = [];
  const world = await World.open({
    connect: ({ client, clock, random }) => {
      const plan = processes.length === 0 && crash !== undefined ? crashAt(crash) : undefined;
      const process = new SimulatedProcess({ name: 'controllers', clock, random, trace: new Trace(clock), plan });
      processes.push(process);
      return { client: process.client(client), clock: process.clock, random };
    },
    start: false,
  });
  const alive = (): SimulatedProcess => processes.at(-1)!;
  await world.warehouse();
  await world.template('smoke');
  await world.policies({ stageSelector: {}, autoPromotionEnabled: true });
  const verification = { analysisTemplates: [{ name: 'smoke' }] };
  for (const [index, name] of stages.entries()) {
    const sources = index === 0 ? { direct: true } : { stages: [stages[index - 1] ?? ''], requiredSoakTime: '1m' };
    await world.stage(name, { verification, requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources }] });
  }
  await world.freight('f1');
  await Promise.race([world.manager.start(), alive().death]);

  for (let round = 0; round < 150; round++) {
    for (let turn = 0; turn < 30; turn++) await nextTurn();
    if (alive().dead) await world.revive();
    else if (await act(world)) continue;
    else if ((await world.conditions(stages.at(-1) ?? ''))['Ready'] === 'True/Verified') break;
    else await world.clock.advanceBy(5000);
  }
  const found = await Promise.all(stages.map((name) => world.get(name)));
  const { items } = await world.client.list(Promotion, { namespace: 'shop' });
  const outcome = {
    promotions: items.map(({ spec, status }) => `${spec.freight} to ${spec.stage}: ${status?.phase}`).toSorted(),
    history: found.map(({ status }) => (status.freightHistory ?? []).map(({ items: all }) => all?.['Warehouse/app']?.name ?? '')),
    verifications: found.map(({ status }) => status.freightHistory?.[0]?.verificationHistory?.map(({ phase }) => phase).join()),
    runs: (await world.runs()).length,
    verifiedIn: Object.keys((await world.getFreight('f1')).status?.verifiedIn ?? {}).toSorted(),
    violations: world.violations,
    told: await world.events(),
    points: processes[0]?.points ?? 0,
  };
  alive().crash();
  await world.server.close();
  return outcome;
}

/** The engine runs what was granted. */
async function promotionEngine(world: World, stages: readonly string[]): Promise<boolean> {
  for (const name of stages) {
    for (const promotion of await world.promotions(name)) {
      const current = (await world.get(name)).status.currentPromotion?.name;
      if (promotion.metadata.name !== current || promotion.status?.phase === 'Succeeded') continue;
      await (promotion.status?.phase === 'Running' ? world.end(promotion) : world.begin(promotion));
      return true;
    }
  }
  return false;
}

/** The engine brings a run to its end, step by step. */
async function analysisEngine(world: World, verdict: (index: number) => string): Promise<boolean> {
  const runs = (await world.runs()).toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const index = runs.findIndex(({ status }) => status === undefined || status.phase === 'Running');
  const run = runs[index];
  if (run === undefined) return false;
  await world.analysis(run.metadata.name ?? '', { phase: run.status === undefined ? 'Running' : verdict(index) });
  return true;
}

const stories: { name: string; story: Story; want: Outcome }[] = [
  {
    name: 'new Freight goes through two Stages',
    story: {
      stages: ['test', 'uat'],
      act: async (world) => (await promotionEngine(world, ['test', 'uat'])) || analysisEngine(world, () => 'Successful'),
    },
    want: {
      promotions: ['f1 to test: Succeeded', 'f1 to uat: Succeeded'],
      history: [['f1'], ['f1']],
      verifications: ['Successful', 'Successful'],
      runs: 2,
      verifiedIn: ['test', 'uat'],
      violations: [],
      told: [
        'FreightVerificationSucceeded: f1 in test (test)',
        'FreightVerificationSucceeded: f1 in uat (uat)',
        'PromotionCreated: f1 in test (test)',
        'PromotionCreated: f1 in uat (uat)',
      ],
    },
  },
  {
    name: 'a verification fails, and is repeated with success',
    story: {
      stages: ['test'],
      act: async (world) => {
        if (await promotionEngine(world, ['test'])) return true;
        if (await analysisEngine(world, (index) => (index === 0 ? 'Failed' : 'Successful'))) return true;
        const { metadata, status } = await world.get('test');
        const latest = status.freightHistory?.[0]?.verificationHistory?.[0];
        if (latest?.phase !== 'Failed' || metadata.annotations?.[annotations.reverify] !== undefined) return false;
        await world.annotate('test', { [annotations.reverify]: latest.id ?? '' });
        return true;
      },
    },
    want: {
      promotions: ['f1 to test: Succeeded'],
      history: [['f1']],
      verifications: ['Successful,Failed'],
      runs: 2,
      verifiedIn: ['test'],
      violations: [],
      told: [
        'FreightVerificationFailed: f1 in test (test)',
        'FreightVerificationSucceeded: f1 in test (test)',
        'PromotionCreated: f1 in test (test)',
      ],
    },
  },
];

describe.each(stories)('$name', ({ story, want }) => {
  it('when the controllers do not die, and just so wherever they do', async () => {
    const { points, ...calm } = await tell(story);
    expect(calm).toEqual(want);
    for (let n = 1; n <= points; n++) {
      const { points: _, ...outcome } = await tell(story, n);
      expect({ n, ...outcome }).toEqual({ n, ...want });
    }
  }, 120_000);
});

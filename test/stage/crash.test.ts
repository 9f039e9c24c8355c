/**
 * The controllers die at every call they make, one run for each, and are started again. Whatever the instant, the pipeline ends as if
 * nothing had happened: each Freight is promoted once and verified once in each Stage, and no result is lost.
 */
import { Promotion } from '@kargo/api';
import { nextTurn } from '@kargo/kube';
import { crashAt, SimulatedProcess, Trace } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const STAGES = ['test', 'uat'];

interface Outcome {
  promotions: string[];
  history: string[][];
  verifications: (string | undefined)[];
  runs: number;
  verifiedIn: string[];
  violations: string[];
  points: number;
}

async function pipeline(crash?: number): Promise<Outcome> {
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
  await world.stage('test', { verification });
  const sources = { stages: ['test'], requiredSoakTime: '1m' };
  await world.stage('uat', { verification, requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources }] });
  await world.freight('f1');
  await Promise.race([world.manager.start(), alive().death]);

  for (let round = 0; round < 100; round++) {
    for (let turn = 0; turn < 30; turn++) await nextTurn();
    if (alive().dead) await world.revive();
    else if (!(await act(world))) await world.clock.advanceBy(5000);
    if (!alive().dead && (await world.conditions('uat'))['Ready'] === 'True/Verified') break;
  }
  const stages = await Promise.all(STAGES.map((name) => world.get(name)));
  const { items } = await world.client.list(Promotion, { namespace: 'shop' });
  const outcome = {
    promotions: items.map(({ spec, status }) => `${spec.freight} to ${spec.stage}: ${status?.phase}`).toSorted(),
    history: stages.map(({ status }) =>
      (status.freightHistory ?? []).map(({ items: all }) => all?.['Warehouse/app']?.name ?? ''),
    ),
    verifications: stages.map(({ status }) => status.freightHistory?.[0]?.verificationHistory?.map(({ phase }) => phase).join()),
    runs: (await world.runs()).length,
    verifiedIn: Object.keys((await world.getFreight('f1')).status?.verifiedIn ?? {}).toSorted(),
    violations: world.violations,
    points: processes[0]?.points ?? 0,
  };
  alive().crash();
  await world.server.close();
  return outcome;
}

/** What the engines do next, if there is something to do. */
async function act(world: World): Promise<boolean> {
  for (const name of STAGES) {
    for (const promotion of await world.promotions(name)) {
      const current = (await world.get(name)).status.currentPromotion?.name;
      if (promotion.metadata.name !== current || promotion.status?.phase === 'Succeeded') continue;
      await (promotion.status?.phase === 'Running' ? world.end(promotion) : world.begin(promotion));
      return true;
    }
  }
  const run = (await world.runs()).find(({ status }) => status?.phase !== 'Successful');
  if (run !== undefined)
    await world.analysis(run.metadata.name ?? '', { phase: run.status?.phase === 'Running' ? 'Successful' : 'Running' });
  return run !== undefined;
}

describe('a pipeline whose controllers die', async () => {
  const { points, ...calm } = await pipeline();

  it('ends as it should when they do not', () => {
    expect(calm).toEqual({
      promotions: ['f1 to test: Succeeded', 'f1 to uat: Succeeded'],
      history: [['f1'], ['f1']],
      verifications: ['Successful', 'Successful'],
      runs: 2,
      verifiedIn: ['test', 'uat'],
      violations: [],
    });
  });

  it('ends the same wherever they do', async () => {
    for (let n = 1; n <= points; n++) {
      const { points: _, ...outcome } = await pipeline(n);
      expect({ n, ...outcome }).toEqual({ n, ...calm });
    }
  });
});

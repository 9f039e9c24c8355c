/** The control plane dies at every effect it has during one promotion with its verification, one run for each, and is started again. */
import { AnalysisRun, Application, Event } from '@kargo/api';
import type { CrashPlan } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { crashAtNth, hasEffect } from './outside.ts';
import { commitOf, PipelineSimulation, PROJECT } from './pipeline-simulation.ts';

interface Outcome {
  promotions: (string | undefined)[];
  /** Whether the commits on the branch of the Stage are exactly those of its Promotions. */
  commits: boolean;
  pushes: number;
  operations: number;
  deployments: number;
  runs: number;
  verifications: (string | undefined)[] | undefined;
  /** What people were told of Freight and the Promotion, in order of names; each once. */
  events: string[];
  starts: number;
}

const CALM: Outcome = {
  promotions: ['Succeeded'],
  commits: true,
  pushes: 2,
  operations: 1,
  deployments: 1,
  runs: 1,
  verifications: ['Successful'],
  events: ['FreightCreated', 'FreightVerificationSucceeded', 'PromotionCreated', 'PromotionSucceeded'],
  starts: 1,
};

/** One tag goes to the Stage `test`, while the control plane dies at the `n`th effect. `where` says what that was. */
async function deploy(n: number): Promise<{ outcome: Outcome; points: number; where: string }> {
  let armed = false;
  let where = 'nowhere';
  const { plan, passed } = crashAtNth(n, (point) => armed && hasEffect(point));
  const noting: CrashPlan = (point) => {
    const dies = plan(point);
    if (dies) where = `${point.moment} ${point.port}.${point.method}`;
    return dies;
  };
  const simulation = await PipelineSimulation.open({ seed: 1, stages: ['test'], plan: noting });
  try {
    armed = true;
    simulation.pushTag('1.26.1');
    await simulation.verified('1.26.1', 'test');
    await simulation.until('the Stage to be steady', async () => (await simulation.stage('test')).status?.phase === 'Steady');
    await simulation.pass(30_000);
    const promotions = await simulation.promotions('test');
    const commits = simulation.commits('stage/test').map(({ id }) => id);
    const { items: events } = await simulation.client.list(Event, { namespace: PROJECT });
    const { status } = await simulation.stage('test');
    const app = await simulation.client.get(Application, { namespace: 'argocd', name: 'kargo-demo-test' });
    return {
      outcome: {
        promotions: promotions.map((promotion) => promotion.status?.phase),
        commits: commits.join() === promotions.map(commitOf).join(),
        pushes: simulation.world.effects.length,
        operations: simulation.observer.operationsOf('kargo-demo-test'),
        deployments: app.status?.history?.length ?? 0,
        runs: (await simulation.client.list(AnalysisRun, { namespace: PROJECT })).items.length,
        verifications: status?.freightHistory?.[0]?.verificationHistory?.map(({ phase }) => phase),
        events: events
          .filter(({ involvedObject: { kind = '' } }) => kind === 'Freight' || kind === 'Promotion')
          .map(({ reason = '' }) => reason)
          .toSorted(),
        starts: simulation.starts,
      },
      points: passed(),
      where,
    };
  } finally {
    await simulation.close();
  }
}

describe('one promotion with its verification', () => {
  it('has every effect once, and is told of once, whichever of them the control plane dies at', async () => {
    const { points, outcome: calm } = await deploy(Infinity);
    expect(calm).toEqual(CALM);
    expect(points).toBeGreaterThan(120);
    const seen = new Set<string>();
    for (let n = 1; n <= points; n++) {
      const { outcome, where } = await deploy(n);
      seen.add(where);
      expect({ n, where, ...outcome }).toEqual({ n, where, ...CALM, starts: 2 });
    }
    for (const moment of ['before', 'after'])
      for (const effect of ['tree.commitChanges', 'tree.land', 'clone.addWorkTree', 'client.create', 'client.patch', 'jobs.run'])
        expect(seen).toContain(`${moment} ${effect}`);
  }, 300_000);
});

/** The API fails, refuses and loses answers while Stages are being reconciled. */
import { AnalysisRun, annotations, ApiError, Freight, Promotion, Stage } from '@kargo/api';
import { interceptClient, type ClientCall } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

interface Fault {
  /** Whether the fault hits a call; asked once for every call of the controllers. */
  hits: (call: ClientCall) => boolean;
  /** How many calls it hits. */
  times?: number;
  /** What happens instead of the call, before it, or after it. */
  then: (next: () => Promise<unknown>, world: World) => Promise<unknown>;
}

const fails = async (): Promise<never> => {
  throw new ApiError('InternalError', 'the disk is full');
};
const losesTheAnswer = async (next: () => Promise<unknown>): Promise<never> => {
  await next();
  throw new ApiError('ServiceUnavailable', 'connection reset');
};

/** A Stage `test` with automation and verification, and Freight `f1`, told to the end of its verification under a fault. */
async function tell(fault: Fault): Promise<{ world: World; hit: number }> {
  let hit = 0;
  const world: World = await World.open({
    pauses: true,
    connect: (outside) => ({
      ...outside,
      client: interceptClient(outside.client, {
        around: async <R>(call: ClientCall, next: () => Promise<R>): Promise<R> => {
          if (hit >= (fault.times ?? 1) || !fault.hits(call)) return next();
          hit++;
          return (await fault.then(next, world)) as R;
        },
      }),
    }),
  });
  await world.warehouse();
  await world.template('smoke');
  await world.policies({ stageSelector: {}, autoPromotionEnabled: true });
  await world.stage('test', { verification: { analysisTemplates: [{ name: 'smoke' }] } });
  await world.freight('f1');
  await world.pass(60_000);
  for (const promotion of await world.promotions('test')) await world.run(promotion);
  await world.pass(60_000);
  for (const run of await world.runs()) await world.analysis(run.metadata.name ?? '', { phase: 'Successful' });
  await world.pass(60_000);
  return { world, hit };
}

const writes = (kind: { kind: string }, ...verbs: ClientCall['verb'][]): Fault['hits'] => {
  return (call) => call.kind.kind === kind.kind && verbs.includes(call.verb);
};

const faults: { name: string; fault: Fault }[] = [
  { name: 'the status of a Stage cannot be written for a while', fault: { hits: writes(Stage, 'patch'), times: 5, then: fails } },
  { name: 'the answer to a status write is lost', fault: { hits: writes(Stage, 'patch'), times: 3, then: losesTheAnswer } },
  { name: 'a Promotion cannot be created for a while', fault: { hits: writes(Promotion, 'create'), times: 3, then: fails } },
  {
    name: 'the answer to the creation of a Promotion is lost',
    fault: { hits: writes(Promotion, 'create'), then: losesTheAnswer },
  },
  { name: 'an AnalysisRun cannot be created for a while', fault: { hits: writes(AnalysisRun, 'create'), times: 3, then: fails } },
  {
    name: 'the answer to the creation of an AnalysisRun is lost',
    fault: { hits: writes(AnalysisRun, 'create'), then: losesTheAnswer },
  },
  { name: 'Freight cannot be written for a while', fault: { hits: writes(Freight, 'patch'), times: 5, then: fails } },
  {
    name: 'Promotions cannot be listed for a while',
    fault: {
      hits: (call) => call.verb === 'list' && call.kind.kind === 'Promotion' && call.key.namespace !== undefined,
      times: 4,
      then: fails,
    },
  },
  {
    name: 'somebody else writes the Stage at the same time',
    fault: {
      hits: writes(Stage, 'patch'),
      times: 4,
      then: async (next, world) => {
        await world.client.patch(
          Stage,
          { namespace: 'shop', name: 'test' },
          {
            type: 'merge',
            body: { metadata: { annotations: { [annotations.description]: `${world.clock.now()} ${world.passes.length}` } } },
          },
        );
        return next();
      },
    },
  },
];

describe('nothing is lost or done twice when', () => {
  it.each(faults)('$name', async ({ fault }) => {
    const { world, hit } = await tell(fault);
    try {
      expect(hit).toBe(fault.times ?? 1);
      expect(await world.conditions('test')).toEqual({
        Ready: 'True/Verified',
        Healthy: 'True/Healthy',
        Verified: 'True/Verified',
      });
      expect((await world.promotions('test')).map(({ spec, status }) => `${spec.freight} ${status?.phase}`)).toEqual([
        'f1 Succeeded',
      ]);
      expect(await world.runs()).toHaveLength(1);
      const { status } = await world.get('test');
      expect(status.freightHistory).toHaveLength(1);
      expect(status.freightHistory?.[0]?.verificationHistory).toMatchObject([{ phase: 'Successful' }]);
      expect((await world.getFreight('f1')).status?.verifiedIn).toHaveProperty('test');
      expect(world.violations).toEqual([]);
      expect(world.manager.defects()).toEqual([]);
      expect(world.told).toEqual([...new Set(world.told)]);
    } finally {
      await world.close();
    }
  });
});

/** One random story over a simulated control plane, and what must be true at its end. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiVersionOf, Stage, Warehouse, type KubeObject } from '@kargo/api';
import { GitError, RegistryError, RenderError } from '@kargo/integrations';
import { seededRandom, type SeededRandom } from '@kargo/kube';
import { crashRandomly } from '@kargo/kube/testing';
import type { ClientFaults } from './faults.ts';
import { hasEffect } from './outside.ts';
import { commitOf, PipelineSimulation, PROJECT, REPOSITORY, type PipelineOptions } from './pipeline-simulation.ts';

const ENDED = new Set(['Succeeded', 'Failed', 'Errored', 'Aborted']);
const VERIFIED = new Set(['Successful', 'Failed', 'Error', 'Aborted', 'Inconclusive']);

/** One story; returns its record. Fails with what went wrong and how to repeat it. */
export async function tell(seed: number): Promise<string> {
  const random = seededRandom(`story ${seed}`);
  const stages = random.next() < 0.7 ? ['test'] : ['test', 'uat'];
  const shape = random.fork('shape');
  const jumps = shape.next() < 0.3;
  let storm = false;
  const crash = crashRandomly(random.fork('crashes'), pick(random, [0, 0.003, 0.01]), (point) => storm && hasEffect(point));
  const simulation = await PipelineSimulation.open({
    seed,
    stages,
    plan: crash,
    laterPlan: crash,
    jumps,
    ...pipelineOf(shape, stages),
  });
  try {
    storm = true;
    simulation.faults = someFaults(random);
    const troubles = random.fork('outside');
    const trouble = pick(random, [0, 0.02, 0.1]);
    simulation.fault = (operation) => {
      if (troubles.next() < trouble) failing(operation);
    };
    const bad = pick(random, [0, 0, 0.3]);
    simulation.jobs.verdict = () =>
      troubles.next() < bad ? { kind: 'failed', container: 'test', exitCode: 1, message: 'unlucky' } : { kind: 'succeeded' };
    const deeds = 1 + Math.floor(random.next() * 4);
    for (let deed = 0; deed < deeds; deed++) {
      await simulation.pass(Math.floor(random.next() * pick(random, [500, 5000, 60_000])));
      await act(simulation, random, stages, deed);
      if (jumps && random.next() < 0.5)
        simulation.machine?.jump(Math.floor(random.next() * pick(random, [-90_000, 90_000, 3600_000])));
      await explained(simulation);
    }
    storm = false;
    simulation.faults = {};
    simulation.fault = () => undefined;
    simulation.jobs.verdict = () => ({ kind: 'succeeded' });
    await arrive(simulation, stages, '1.27.0');
    await explained(simulation);
    await verifyHistory(simulation, stages);
    return await simulation.record();
  } catch (error) {
    const file = join(tmpdir(), `kargo-simulation-${seed}.trace`);
    writeFileSync(file, simulation.simulation.trace.toString());
    const again = `SIMULATION_SEED=${seed} node node_modules/vitest/vitest.mjs run test/simulation/random-schedules.test.ts`;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`story ${seed} went wrong. Its whole trace is in ${file}; to repeat it: ${again}\n${why}`, { cause: error });
  } finally {
    await simulation.close();
  }
}

/** What a pipeline looks like: who promotes how, how long Freight has to soak, and whether it goes through a gate. */
function pipelineOf(random: SeededRandom, stages: readonly string[]): Partial<PipelineOptions> {
  const promotionOrder = pick(random, ['InOrder', 'InOrder', 'LatestOnly'] as const);
  const requiredSoakTime = pick(random, [undefined, undefined, '2m', '12m30s']);
  const isGated = stages.length > 1 && random.next() < 0.5;
  const edit = (object: KubeObject): void => {
    if (object.kind !== Stage.kind) return;
    const { spec, metadata } = object as Stage;
    spec.promotionOrder = promotionOrder;
    if (metadata.name !== 'uat') return;
    for (const { sources } of spec.requestedFreight) {
      if (isGated) sources.stages = ['gate'];
      if (requiredSoakTime !== undefined) sources.requiredSoakTime = requiredSoakTime;
    }
  };
  const gate = {
    apiVersion: apiVersionOf(Stage),
    kind: Stage.kind,
    metadata: { namespace: PROJECT, name: 'gate' },
    spec: { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'my-warehouse' }, sources: { stages: ['test'] } }] },
  } as KubeObject;
  return { edit, more: isGated ? [gate] : [] };
}

/** Everything that is unfinished says why, and what ends the wait. */
async function explained(simulation: PipelineSimulation): Promise<void> {
  await simulation.until('the control plane to be up', () => true);
  await simulation.settle();
  if (simulation.process.dead) return;
  const silent = await simulation.unexplained();
  if (silent.length > 0) throw new Error(`unfinished, and nothing says why or what would move it:\n${silent.join('\n')}`);
}

function pick<T>(random: SeededRandom, choices: readonly T[]): T {
  return choices[Math.floor(random.next() * choices.length)] as T;
}

function someFaults(random: SeededRandom): ClientFaults {
  const chance = (): number => pick(random, [0, 0, 0.01, 0.05]);
  return {
    lostEvent: chance(),
    brokenWatch: chance(),
    expiredWatch: chance(),
    unreachable: chance(),
    lostAnswer: chance(),
    conflict: chance(),
  };
}

function failing(operation: string): never {
  const why = `${operation} failed by chance; try again`;
  if (operation.startsWith('registry.')) throw new RegistryError('unreachable', why);
  if (operation.startsWith('renderer.')) throw new RenderError('timeout', why);
  throw new GitError('unreachable', why);
}

/** Something that people or other systems do. */
async function act(simulation: PipelineSimulation, random: SeededRandom, stages: readonly string[], deed: number): Promise<void> {
  const stage = pick(random, stages);
  const known = (await simulation.promotions()).map(({ spec }) => spec.freight ?? '');
  switch (
    pick(random, ['tag', 'tag', 'tag', 'commit', 'warehouse', 'stage', 'verify', 'abort', 'promote', 'stop', 'kill', 'approve'])
  ) {
    case 'tag':
      simulation.pushTag(`1.26.${deed}`);
      return simulation.refresh(Warehouse, 'my-warehouse');
    case 'commit':
      simulation.world.remotes.commit(REPOSITORY, { files: { 'NOTES.md': `${deed}\n` }, message: `Note ${deed}` });
      return simulation.refresh(Warehouse, 'my-warehouse');
    case 'warehouse':
      return simulation.refresh(Warehouse, 'my-warehouse');
    case 'stage':
      return simulation.refresh(Stage, stage);
    case 'verify':
      return simulation.verify(stage);
    case 'abort':
      return simulation.verify(stage, true);
    case 'promote':
      if (known.length > 0) await simulation.promote(stages[0] ?? '', pick(random, known));
      return undefined;
    case 'approve':
      if (known.length > 0) await simulation.approve(pick(random, known), stage);
      return undefined;
    case 'stop': {
      const running = (await simulation.promotions(stage)).find(({ status }) => !ENDED.has(status?.phase ?? ''));
      if (running !== undefined) await simulation.stop(running.metadata.name ?? '');
      return undefined;
    }
    default:
      simulation.kill();
  }
}

/** The newest tag arrives everywhere; where chance or people stopped it, people help as they would. */
async function arrive(simulation: PipelineSimulation, stages: readonly string[], tag: string): Promise<void> {
  simulation.pushTag(tag);
  await simulation.refresh(Warehouse, 'my-warehouse');
  const freight = await simulation.discovered(tag);
  for (const stage of stages) {
    for (let help = 0; ; help++) {
      if (help > 5)
        throw new Error(`${tag} did not arrive in ${stage}, however often it was helped\n${await simulation.describe()}`);
      const arrived = async (): Promise<boolean> => (await simulation.freight(tag))?.status?.verifiedIn?.[stage] !== undefined;
      await simulation.until(
        `${tag} to arrive in ${stage}, or to need help`,
        async () => (await arrived()) || (await isIdle(simulation, stage)),
      );
      if (await arrived()) break;
      const { status } = await simulation.stage(stage);
      const [current] = status?.freightHistory ?? [];
      const isThere = current?.items?.['Warehouse/my-warehouse']?.name === freight;
      if (isThere && (current?.verificationHistory ?? []).length > 0) await simulation.verify(stage);
      else await promoteOnce(simulation, stage, freight);
    }
  }
}

/** Promotes Freight as soon as it may: a clock that was set back may have it soak longer. */
async function promoteOnce(simulation: PipelineSimulation, stage: string, freight: string): Promise<void> {
  try {
    await simulation.promote(stage, freight);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('not available')) throw error;
    await simulation.pass(600_000);
  }
}

/** Whether a Stage has had nothing more to do by itself for some time. */
async function isIdle(simulation: PipelineSimulation, stage: string): Promise<boolean> {
  const { status } = await simulation.stage(stage);
  const promotions = await simulation.promotions(stage);
  const busy = promotions.some((promotion) => !ENDED.has(promotion.status?.phase ?? ''));
  const verification = status?.freightHistory?.[0]?.verificationHistory?.[0];
  if (busy || status?.currentPromotion !== undefined) return false;
  if (verification !== undefined && !VERIFIED.has(verification.phase ?? '')) return false;
  const last = Math.max(0, ...promotions.map((promotion) => Date.parse(promotion.status?.finishedAt ?? '')));
  return simulation.now - Math.max(last, Date.parse(verification?.finishTime ?? '') || 0) > 1200_000;
}

/** What git holds is what the Promotions say they did: nothing lost, nothing twice. */
async function verifyHistory(simulation: PipelineSimulation, stages: readonly string[]): Promise<void> {
  const wrong: string[] = [];
  for (const stage of stages) {
    const promotions = await simulation.promotions(stage);
    const ids = simulation.commits(`stage/${stage}`).map(({ id }) => id);
    const made = new Map(promotions.map((promotion) => [commitOf(promotion), promotion.metadata.name]));
    for (const id of ids) if (!made.has(id)) wrong.push(`commit ${id} on stage/${stage} belongs to no Promotion`);
    for (const promotion of promotions) {
      const id = commitOf(promotion);
      if (promotion.status?.phase === 'Succeeded' && id !== undefined && !ids.includes(id))
        wrong.push(`commit ${id} of Promotion ${promotion.metadata.name} is lost`);
    }
    const pushes = simulation.world.effects.filter(({ branch }) => branch === `stage/${stage}`);
    if (pushes.length !== ids.length + 1) wrong.push(`${ids.length} commits came to stage/${stage} with ${pushes.length} pushes`);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

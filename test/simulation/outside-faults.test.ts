/** The outside fails for a while: what people are told, and how the pipeline goes on when the fault is gone. */
import { Application, type Promotion, Stage, Warehouse, type KubeObject } from '@kargo/api';
import { GitError, RegistryError, RenderError } from '@kargo/integrations';
import { afterEach, describe, expect, it } from 'vitest';
import { commitOf, IMAGE, PipelineSimulation, PROJECT, REPOSITORY, type PipelineOptions } from './pipeline-simulation.ts';

let simulation: PipelineSimulation;
afterEach(() => simulation.close());

async function open(options: Partial<PipelineOptions> = {}): Promise<void> {
  simulation = await PipelineSimulation.open({ seed: 1, stages: ['test', 'uat'], ...options });
}

async function warehouse(): Promise<string> {
  const { status } = await simulation.client.get(Warehouse, { namespace: PROJECT, name: 'my-warehouse' });
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return `${ready?.status}/${ready?.reason}: ${ready?.message}`;
}

/** Waits for the end of the newest Promotion to a Stage, and tells how it ended. */
async function ended(stage: string, count = 1): Promise<Promotion> {
  await simulation.until(`the end of Promotion ${count} to ${stage}`, async () => {
    const all = await simulation.promotions(stage);
    return all.length === count && all.every(({ status }) => status?.finishedAt !== undefined);
  });
  return (await simulation.promotions(stage)).at(-1) as Promotion;
}

const unreachable = (operation: string): GitError =>
  new GitError(
    'unreachable',
    `could not reach ${REPOSITORY}: connection refused; check the network (${operation.split(' ')[0]})`,
  );

/** Gives a step of all Stages a retry policy. */
const retrying =
  (uses: string) =>
  (object: KubeObject): void => {
    if (object.kind !== Stage.kind) return;
    for (const step of (object as Stage).spec.promotionTemplate?.spec.steps ?? [])
      if (step.uses === uses) step.retry = { errorThreshold: 10, timeout: '30m' };
  };

describe('the registry', () => {
  it('is down for a while: the Warehouse says so, and finds the tag when it is back', async () => {
    await open();
    simulation.fault = (operation) => {
      if (operation.startsWith('registry.'))
        throw new RegistryError('unreachable', `could not read ${IMAGE}: connection refused`);
    };
    simulation.pushTag('1.26.1');
    await simulation.refresh(Warehouse, 'my-warehouse');
    await simulation.pass(600_000);
    expect(await warehouse()).toBe(
      `False/DiscoveryFailure: spec.subscriptions[1] (image ${IMAGE}): could not read ${IMAGE}: connection refused`,
    );
    expect(await simulation.promotions()).toEqual([]);
    simulation.fault = () => undefined;
    await simulation.until('the Warehouse to be ready', async () => (await warehouse()).startsWith('True/'), 61_000);
    await simulation.verified('1.26.1', 'uat');
  });
});

describe('git', () => {
  it('cannot be reached: the Promotion says so, and one that is submitted again arrives', async () => {
    await open();
    simulation.pushTag('1.26.1');
    const freight = await simulation.discovered('1.26.1');
    simulation.fault = (operation) => {
      if (operation.startsWith('git.')) throw unreachable(operation);
    };
    expect((await ended('test')).status).toMatchObject({
      phase: 'Errored',
      message: expect.stringContaining(`could not reach ${REPOSITORY}: connection refused; check the network`),
    });
    await simulation.pass(600_000);
    expect(await simulation.condition('test', 'Ready')).toContain('False/LastPromotionErrored: Promotion test.');
    expect(await warehouse()).toContain('False/DiscoveryFailure: spec.subscriptions[0] (git');
    expect(await simulation.promotions('test')).toHaveLength(1);
    simulation.fault = () => undefined;
    await simulation.promote('test', freight);
    await simulation.verified('1.26.1', 'uat');
    expect(simulation.commits('stage/test')).toHaveLength(1);
  });

  it.each(['git-clone', 'git-push'])(
    'cannot be reached for five minutes: a %s that may be retried waits for it',
    async (uses) => {
      await open({ edit: retrying(uses) });
      simulation.pushTag('1.26.1');
      await simulation.discovered('1.26.1');
      let down = false;
      simulation.fault = (operation) => {
        const begins = uses === 'git-push' ? operation.startsWith('git.commit') : true;
        if (begins && !down && simulation.world.operations.length > 0) {
          down = true;
          simulation.simulation.clock.setTimer(simulation.now + 300_000, () => {
            simulation.fault = () => undefined;
          });
          if (uses === 'git-push') return;
        }
        if (down && operation.startsWith('git.')) throw unreachable(operation);
      };
      await simulation.verified('1.26.1', 'uat');
      const [promotion] = await simulation.promotions('test');
      const took = Date.parse(promotion?.status?.finishedAt ?? '') - Date.parse(promotion?.status?.startedAt ?? '');
      expect(took).toBeGreaterThan(299_000);
      expect(took).toBeLessThan(900_000);
      expect(promotion?.status?.phase).toBe('Succeeded');
      expect(simulation.commits('stage/test').map(({ id }) => id)).toEqual([commitOf(promotion as Promotion)]);
    },
  );

  it('goes away after the push: the sync is tried again with pauses, and follows when git is back', async () => {
    await open({ stages: ['test'], latency: [0, 0] });
    simulation.pushTag('1.26.1');
    let pushes = 0;
    let back = Infinity;
    simulation.fault = (operation) => {
      if (pushes >= 2 && operation.startsWith('git.') && simulation.now < back) throw unreachable(operation);
      if (operation === `git.push ${REPOSITORY} stage/test` && ++pushes === 2) back = simulation.now + 120_000;
    };
    await simulation.verified('1.26.1', 'test');
    expect(simulation.observer.operationsOf('kargo-demo-test')).toBeGreaterThan(5);
    expect(simulation.observer.operationsOf('kargo-demo-test')).toBeLessThan(20);
  });

  it('has a commit of somebody else when the push comes: both are there in the end, and what was pushed is deployed', async () => {
    await open({
      edit: (object) => {
        if (object.kind !== Stage.kind) return;
        for (const step of (object as Stage).spec.promotionTemplate?.spec.steps ?? []) {
          if (step.uses === 'git-push') step.as = 'push';
          if (step.uses === 'argocd-update')
            step.config = JSON.parse(
              JSON.stringify(step.config).replace('outputs.commit.commit', 'outputs.push.commit'),
            ) as never;
        }
      },
    });
    simulation.pushTag('1.26.1');
    let pushes = 0;
    simulation.fault = (operation) => {
      if (operation !== `git.push ${REPOSITORY} stage/test` || ++pushes !== 2) return;
      simulation.world.remotes.commit(REPOSITORY, { branch: 'stage/test', files: { 'NOTES.md': 'x' }, message: 'Take notes' });
    };
    await simulation.verified('1.26.1', 'test');
    const log = simulation.commits('stage/test');
    expect(log.map(({ message }) => message.split('\n')[0])).toEqual(['Take notes', 'Updated ./src/base to use new image']);
    expect(Object.keys(simulation.world.remotes.files(REPOSITORY, 'stage/test'))).toEqual(['NOTES.md', 'manifests.yaml']);
    const app = await simulation.client.get(Application, { namespace: 'argocd', name: 'kargo-demo-test' });
    expect(app.status?.sync?.revision).toBe(log.at(-1)?.id);
  });

  it('has a commit of somebody else, and the template desires the commit that had to be replayed: it is told what to desire', async () => {
    await open();
    simulation.pushTag('1.26.1');
    let pushes = 0;
    simulation.fault = (operation) => {
      if (operation !== `git.push ${REPOSITORY} stage/test` || ++pushes !== 2) return;
      simulation.world.remotes.commit(REPOSITORY, { branch: 'stage/test', files: { 'NOTES.md': 'x' }, message: 'Take notes' });
    };
    const { status } = await ended('test');
    const pushed = simulation.commits('stage/test').at(-1)?.id;
    expect(status?.phase).toBe('Errored');
    expect(status?.message).toContain(`it came to revision "${pushed}" instead of`);
    expect(status?.message).toContain('if git-push had to replay the commit, its output "commit" is the revision to desire');
  });

  it('refuses every push: the Promotion fails with what the remote said', async () => {
    await open();
    simulation.world.remotes.refusePushes(REPOSITORY, 'protected branch');
    simulation.pushTag('1.26.1');
    const { status } = await ended('test');
    expect(status?.phase).not.toBe('Succeeded');
    expect(status?.message).toContain('protected branch');
    expect(simulation.world.effects).toEqual([]);
  });
});

describe('the renderer', () => {
  it('fails: the Promotion says why, and newer Freight goes its way by itself when it works again', async () => {
    await open();
    simulation.fault = (operation) => {
      if (operation.startsWith('renderer.')) throw new RenderError('invalid', 'could not render stages/test: no such patch');
    };
    simulation.pushTag('1.26.1');
    expect((await ended('test')).status?.message).toContain('could not render stages/test: no such patch');
    expect(await simulation.condition('test', 'Ready')).toContain('no such patch');
    expect(simulation.commits('stage/test')).toEqual([]);
    simulation.fault = () => undefined;
    simulation.pushTag('1.26.2');
    await simulation.verified('1.26.2', 'uat');
    expect((await simulation.promotions('test')).map(({ status }) => status?.phase)).toEqual(['Errored', 'Succeeded']);
  });
});

describe('an Application', () => {
  it('[S21] that is degraded is not verified; Freight that cures it is promoted and verified', async () => {
    await open();
    const deployment = simulation.world.remotes.files(REPOSITORY, 'main')['base/deployment.yaml'] ?? '';
    const degraded = deployment.replace(
      'metadata:\n',
      'metadata:\n  annotations:\n    simulate.kargo.akuity.io/health: Degraded\n',
    );
    simulation.world.remotes.commit(REPOSITORY, { files: { 'base/deployment.yaml': degraded }, message: 'Break it' });
    simulation.pushTag('1.26.1');
    expect((await ended('test')).status?.phase).toBe('Succeeded');
    await simulation.pass(600_000);
    expect(await simulation.condition('test', 'Healthy')).toMatch(/^False\/Unhealthy: .*kargo-demo-test/);
    expect((await simulation.stage('test')).status?.freightHistory?.[0]?.verificationHistory ?? []).toEqual([]);
    expect(simulation.jobs.attempts).toEqual([]);
    simulation.world.remotes.commit(REPOSITORY, { files: { 'base/deployment.yaml': deployment }, message: 'Mend it' });
    simulation.pushTag('1.26.2');
    await simulation.verified('1.26.2', 'uat');
    expect((await simulation.stage('test')).status?.phase).toBe('Steady');
    expect((await simulation.freight('1.26.1'))?.status?.verifiedIn ?? {}).toEqual({});
  });
});

describe('a verification', () => {
  it('[S25] [S42] that fails leaves the Freight unverified; verified again it is a new entry, and goes on', async () => {
    await open();
    simulation.jobs.verdict = () => ({ kind: 'failed', container: 'test', exitCode: 1, message: 'two tests failed' });
    simulation.pushTag('1.26.1');
    await simulation.until('the verification to fail', async () =>
      (await simulation.condition('test', 'Verified')).startsWith('False/VerificationFailed'),
    );
    expect(await simulation.condition('test', 'Verified')).toContain('two tests failed');
    await simulation.pass(600_000);
    expect((await simulation.freight('1.26.1'))?.status?.verifiedIn ?? {}).toEqual({});
    expect(await simulation.promotions('uat')).toEqual([]);
    expect(simulation.jobs.attempts).toHaveLength(2);
    simulation.jobs.verdict = () => ({ kind: 'succeeded' });
    await simulation.verify('test');
    await simulation.verified('1.26.1', 'uat');
    const history = (await simulation.stage('test')).status?.freightHistory?.[0]?.verificationHistory ?? [];
    expect(history.map(({ phase }) => phase)).toEqual(['Successful', 'Failed']);
    expect(new Set(history.map(({ id }) => id)).size).toBe(2);
    expect(new Set(history.map(({ analysisRun }) => analysisRun?.name)).size).toBe(2);
  });
});

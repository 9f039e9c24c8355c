/** AnalysisRuns without a cluster: the run, its Jobs and an executor behind its port, on virtual time over the embedded API. */
import { AnalysisRun, ApiError, Job } from '@kargo/api';
import { afterEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

/** The metric of the document's AnalysisTemplate, `metadata:` null and all. */
const seedMetric = {
  name: 'test',
  provider: {
    job: {
      metadata: null,
      spec: {
        backoffLimit: 1,
        template: {
          spec: { containers: [{ name: 'test', image: 'alpine:latest', command: ['sleep', '10'] }], restartPolicy: 'Never' },
        },
      },
    },
  },
};

let world: World;
afterEach(async () => {
  await world.close();
});

describe('an AnalysisRun with a job metric', () => {
  it('[S24] runs the job of the document and succeeds when it ends well', async () => {
    world = new World();
    await world.start();
    await world.create({ metrics: [seedMetric] });
    await world.clock.advanceBy(9_000);
    expect((await world.run()).status).toMatchObject({ phase: 'Running', metricResults: [{ name: 'test', phase: 'Running' }] });
    await world.clock.advanceBy(2_000);
    expect((await world.run()).status).toMatchObject({
      phase: 'Successful',
      completedAt: '2026-01-02T03:04:15Z',
      runSummary: { count: 1, successful: 1 },
    });
    expect((await world.run()).status?.metricResults?.[0]?.measurements?.[0]?.metadata).toMatchObject({
      'job-executor': 'scripted',
    });
    expect(world.attempts.map(({ containers }) => containers[0])).toMatchObject([
      { image: 'alpine:latest', command: ['sleep', '10'] },
    ]);
    expect(world.defects()).toEqual([]);
  });

  it('fails once the attempts that backoffLimit allows have failed', async () => {
    world = new World([
      { kind: 'failed', container: 'test', exitCode: 1, message: 'container "test" ended with exit code 1' },
      { kind: 'failed', container: 'test', exitCode: 1, message: 'container "test" ended with exit code 1' },
    ]);
    await world.start();
    await world.create({ metrics: [seedMetric] });
    await world.clock.advanceBy(40_000);
    const { status } = await world.run();
    expect(status).toMatchObject({ phase: 'Failed', metricResults: [{ failed: 1, measurements: [{ phase: 'Failed' }] }] });
    expect(status?.message).toContain('BackoffLimitExceeded');
    expect(world.attempts).toHaveLength(2);
    expect(world.measured).toEqual(['job Failed']);
  });

  it('goes on after the process was killed, with the attempt that was lost counted as failed', async () => {
    world = new World();
    await world.start();
    await world.create({ metrics: [seedMetric] });
    await world.clock.advanceBy(5_000);
    await world.stop();
    await world.start();
    await world.clock.advanceBy(30_000);
    expect((await world.run()).status).toMatchObject({ phase: 'Successful' });
    expect((await world.client.list(Job, { namespace: 'demo' })).items).toMatchObject([{ status: { failed: 1, succeeded: 1 } }]);
  });

  it('forgets no result of an attempt while it cannot be recorded', async () => {
    let reachable = true;
    world = new World();
    await world.start({
      hooks: {
        around: (call, next) => {
          if (!reachable && call.kind === Job) throw new ApiError('ServiceUnavailable', 'connection refused');
          return next();
        },
      },
    });
    await world.create({ metrics: [seedMetric] });
    await world.clock.advanceBy(5_000);
    reachable = false;
    await world.clock.advanceBy(60_000);
    reachable = true;
    await world.clock.advanceBy(5_000);
    expect((await world.run()).status).toMatchObject({ phase: 'Successful' });
    expect((await world.client.list(Job, { namespace: 'demo' })).items[0]?.status).not.toHaveProperty('failed');
    expect(world.attempts).toHaveLength(1);
  });

  it('counts no attempt as lost that never began, because the answer of the API did not arrive', async () => {
    let lose = 2;
    world = new World();
    await world.start({
      hooks: {
        around: async (call, next) => {
          const answer = await next();
          if (call.kind === Job && call.verb === 'updateStatus' && lose-- > 0)
            throw new ApiError('ServiceUnavailable', 'the connection broke');
          return answer;
        },
      },
    });
    await world.create({ metrics: [seedMetric] });
    await world.clock.advanceBy(15_000);
    expect((await world.run()).status).toMatchObject({ phase: 'Successful' });
    expect((await world.client.list(Job, { namespace: 'demo' })).items[0]?.status).not.toHaveProperty('failed');
    expect(world.attempts).toHaveLength(1);
  });

  it('ends inconclusive, and its job with it, when it is terminated', async () => {
    world = new World();
    await world.start();
    await world.create({ metrics: [seedMetric] });
    await world.clock.advanceBy(3_000);
    await world.client.patch(
      AnalysisRun,
      { namespace: 'demo', name: 'run' },
      { type: 'merge', body: { spec: { terminate: true } } },
    );
    await world.clock.advanceBy(1_000);
    expect((await world.run()).status).toMatchObject({ phase: 'Inconclusive' });
    expect(world.attempts[0]?.signal.aborted).toBe(true);
  });

  it.each([
    ['no executor is there', {}, 'no job executor available in embedded mode'],
    ['its provider is not there', { provider: { kayenta: {} } }, 'provider "kayenta" is not available here'],
    ['its plugin is not there', { provider: { plugin: { 'acme/check': {} } } }, 'plugin acme/check is not available here'],
  ])('says at once what to do when %s, and does not try again', async (_, metric, words) => {
    world = new World();
    await world.start({ executor: false });
    await world.create({ metrics: [{ ...seedMetric, ...metric }] });
    await world.clock.advanceBy(10);
    const { status } = await world.run();
    expect(status).toMatchObject({ phase: 'Error', metricResults: [{ phase: 'Error', error: 1 }] });
    expect(status?.message).toContain('Metric "test" assessed Error due to it cannot be measured here: "Error Message: ');
    expect(status?.message).toContain(words);
  });

  it('expands arguments and keeps secrets out of the status', async () => {
    const asked: string[] = [];
    world = new World([], (request) => {
      asked.push(request.headers?.['authorization'] ?? '');
      return Promise.resolve({
        status: 200,
        headers: {},
        body: new TextEncoder().encode(JSON.stringify({ token: 's3cr3t-token', errors: 0 })),
      });
    });
    await world.start();
    await world.create(
      {
        args: [
          { name: 'limit', value: '1' },
          { name: 'token', valueFrom: { secretKeyRef: { name: 'api', key: 'token' } } },
        ],
        metrics: [
          {
            name: 'errors',
            successCondition: 'result.errors < {{args.limit}}',
            provider: { web: { url: 'http://metrics/', headers: [{ key: 'Authorization', value: 'Bearer {{args.token}}' }] } },
          },
        ],
      },
      { secrets: { api: { token: 's3cr3t-token' } } },
    );
    await world.clock.advanceBy(1_000);
    const run = await world.run();
    expect(run.status).toMatchObject({ phase: 'Successful' });
    expect(asked).toEqual(['Bearer s3cr3t-token']);
    expect(JSON.stringify(run)).not.toContain('s3cr3t-token');
  });

  it('measures at exact intervals until its count is reached', async () => {
    const at: number[] = [];
    world = new World([], () => {
      at.push((world.clock.now() - Date.parse('2026-01-02T03:04:05Z')) / 1000);
      return Promise.resolve({ status: 200, headers: {}, body: new TextEncoder().encode('1') });
    });
    await world.start();
    await world.create({
      metrics: [
        {
          name: 'one',
          count: 3,
          interval: '30s',
          initialDelay: '5s',
          successCondition: 'result == 1',
          provider: { web: { url: 'http://metrics/' } },
        },
      ],
    });
    await world.clock.advanceBy(70_000);
    expect(at).toEqual([5, 35, 65]);
    expect((await world.run()).status).toMatchObject({ phase: 'Successful', metricResults: [{ count: 3 }] });
  });
});

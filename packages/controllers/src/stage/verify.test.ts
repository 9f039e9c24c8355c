import { ApiError, type AnalysisRun, type Stage, type StageStatus, type VerificationInfo } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aStage } from '../availability/fixtures.ts';
import { aCollection, conditionText, runStep } from './fixtures.ts';
import { VerificationBuildError } from './flatten-templates.ts';
import type { StagePass } from './pass.ts';
import { verify, type VerifyDeps } from './verify.ts';

const AT = '2026-01-01T12:00:00Z';

function aRun(
  name: string,
  phase?: string,
  annotations: Record<string, string> = { 'kargo.akuity.io/promotion': 'p1' },
): AnalysisRun {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { namespace: 'shop', name, annotations },
    spec: { metrics: [] },
    ...(phase === undefined ? {} : { status: { phase } }),
  };
}

function verifying(annotations: Record<string, string> = {}): Stage {
  return aStage('qa', undefined, {
    metadata: { namespace: 'shop', name: 'qa', annotations },
    spec: { requestedFreight: [], verification: {} },
  });
}

function healthy(history?: VerificationInfo[], more: StageStatus = {}): StageStatus {
  return {
    health: { status: 'Healthy' },
    lastPromotion: { name: 'p1', status: { phase: 'Succeeded' } },
    freightHistory: [aCollection('f1', history)],
    ...more,
  };
}

const entry = (phase: string, more: Partial<VerificationInfo> = {}): VerificationInfo => ({
  id: 'v1',
  phase,
  startTime: AT,
  analysisRun: { name: 'r1', namespace: 'shop', phase: '' },
  ...more,
});

interface Outcome {
  pass: StagePass;
  latest: VerificationInfo | undefined;
  created: string[];
  terminated: string[];
  told: string[];
}

async function pass(
  stage: Stage,
  status: StageStatus,
  runs: AnalysisRun[] = [],
  more: Partial<VerifyDeps> = {},
): Promise<Outcome> {
  const out = { created: [] as string[], terminated: [] as string[], told: [] as string[] };
  const deps: VerifyDeps = {
    analysisAvailable: true,
    uuid: () => 'new',
    buildRun: async ({ promotion, reverifies }) => aRun(`run for ${promotion ?? 'nobody'} again ${reverifies ?? 'no'}`),
    findRuns: async () => runs,
    getRun: async ({ name }) => runs.find(({ metadata }) => metadata.name === name),
    createRun: async (run) => {
      out.created.push(run.metadata.name ?? '');
      return run;
    },
    terminateRun: async ({ name }) => {
      out.terminated.push(name);
    },
    verificationEnded: async ({ freight, verification, promotion }) => {
      out.told.push(`${freight} ${verification.phase} ${promotion}`);
    },
    ...more,
  };
  const done = await runStep(verify(deps), { stage, status });
  for (const action of done.afterwards) await action();
  return { pass: done, latest: done.status.freightHistory?.[0]?.verificationHistory?.[0], ...out };
}

describe('[10 11 verification] a verification begins', () => {
  it.each([
    ['nothing is deployed', { health: { status: 'Healthy' } }],
    ['a Promotion is active', healthy(undefined, { currentPromotion: { name: 'p2' } })],
    ['health is not known', healthy(undefined, { health: undefined })],
    ['the Stage is NotApplicable', healthy(undefined, { health: { status: 'NotApplicable' } })],
    ['the Stage is Unhealthy', healthy(undefined, { health: { status: 'Unhealthy' } })],
    ['there was one that failed', healthy([entry('Failed')])],
    ['there was one that succeeded', healthy([entry('Successful')])],
  ] as [string, StageStatus][])('not when %s', async (_, status) => {
    expect((await pass(verifying(), status)).created).toEqual([]);
  });

  it('once the Stage is healthy, and is pending', async () => {
    const { latest, created, told } = await pass(verifying(), healthy());
    expect(created).toEqual(['run for p1 again no']);
    expect(latest).toEqual({
      id: 'new',
      phase: 'Pending',
      startTime: AT,
      analysisRun: { name: 'run for p1 again no', namespace: 'shop', phase: '' },
    });
    expect(told).toEqual([]);
  });

  it('and ends at once with success where the Stage asks for none', async () => {
    const { latest, told, pass: done } = await pass(aStage('qa'), healthy());
    expect(latest).toEqual({ id: 'new', phase: 'Successful', startTime: AT, finishTime: AT });
    expect(told).toEqual(['f1 Successful p1']);
    expect(conditionText(done, 'Verified')).toBe('True/Verified');
  });

  it('with a run that an interrupted pass created for the same Promotion', async () => {
    const { latest, created } = await pass(verifying(), healthy(), [aRun('r9', 'Running')]);
    expect(created).toEqual([]);
    expect(latest).toMatchObject({ phase: 'Running', analysisRun: { name: 'r9', phase: 'Running' } });
  });

  it('and tells while it runs what keeps it from measuring, not only when the last try has failed', async () => {
    const run = aRun('r9', 'Running');
    const message = 'no Prometheus at http://prometheus';
    const measurements = [{ phase: 'Error', message }] as never;
    run.status = { phase: 'Running', metricResults: [{ name: 'rate', phase: 'Running', measurements }] };
    const { latest, pass: done } = await pass(
      verifying(),
      healthy([entry('Running', { analysisRun: { name: 'r9', namespace: 'shop', phase: '' } })]),
      [run],
    );
    expect(latest?.message).toBe(`Metric "rate" could not be measured, and is tried again: ${message}`);
    expect(conditionText(done, 'Verified')).toBe('Unknown/VerificationRunning');
  });

  it('but not with the run of an earlier Promotion of the same Freight, whose verdict says nothing about now', async () => {
    const { created } = await pass(verifying(), healthy(), [aRun('r0', 'Failed', { 'kargo.akuity.io/promotion': 'p0' })]);
    expect(created).toHaveLength(1);
  });

  it('also with a request for something else on the Stage', async () => {
    const { created } = await pass(verifying({ 'kargo.akuity.io/reverify': 'stale' }), healthy(), [aRun('r9')]);
    expect(created).toEqual([]);
  });

  it.each([
    [
      'it cannot be built',
      { buildRun: () => Promise.reject(new VerificationBuildError('TemplateMissing', 'no template')) },
      'no template',
    ],
    [
      'it is refused',
      { createRun: () => Promise.reject(new ApiError('Invalid', 'bad')) },
      'AnalysisRun could not be created: bad',
    ],
    ['nothing executes it', { analysisAvailable: false }, /Nothing here executes AnalysisRuns/],
  ] as [string, Partial<VerifyDeps>, string | RegExp][])('as an error when %s', async (_, deps, message) => {
    const { latest, told, pass: done } = await pass(verifying(), healthy(), [], deps);
    expect(latest).toMatchObject({ phase: 'Error', finishTime: AT, message: expect.stringMatching(message) });
    expect(told).toEqual(['f1 Error p1']);
    expect(conditionText(done, 'Verified')).toBe('False/VerificationError');
  });

  it('[40 C2.5] with another name when the first is taken: the next try has a number of its own', async () => {
    const createRun = (): Promise<AnalysisRun> => Promise.reject(new ApiError('AlreadyExists', 'it exists'));
    await expect(pass(verifying(), healthy(), [], { createRun })).rejects.toThrow('it exists');
  });

  it('[40 C2.5] with the newest of the runs that there are for the same purpose', async () => {
    const { latest } = await pass(verifying(), healthy(), [aRun('newer', 'Running'), aRun('older', 'Failed')]);
    expect(latest?.analysisRun?.name).toBe('newer');
  });

  it('is an error where it cannot be told what is to be verified: a collection without an id', async () => {
    const status = healthy();
    const [collection] = status.freightHistory ?? [];
    if (collection !== undefined) collection.id = '';
    const buildRun = async (): Promise<never> => {
      throw new VerificationBuildError('FreightMissing', 'the collection of Freight to verify has no id');
    };
    const { latest, created } = await pass(verifying(), status, [aRun('r9', 'Successful')], { buildRun });
    expect(latest).toMatchObject({ phase: 'Error', message: expect.stringContaining('has no id') });
    expect(created).toEqual([]);
  });

  it('later when the API cannot be reached', async () => {
    const down = { createRun: () => Promise.reject(new ApiError('ServiceUnavailable', 'down')) };
    await expect(pass(verifying(), healthy(), [], down)).rejects.toThrow('down');
  });
});

describe('[10 11 verification] a verification that is under way', () => {
  it.each([
    [undefined, 'Pending', 'Unknown/VerificationPending'],
    ['Pending', 'Pending', 'Unknown/VerificationPending'],
    ['Running', 'Running', 'Unknown/VerificationRunning'],
    ['Successful', 'Successful', 'True/Verified'],
    ['Failed', 'Failed', 'False/VerificationFailed'],
    ['Error', 'Error', 'False/VerificationError'],
    ['Inconclusive', 'Inconclusive', 'Unknown/VerificationInconclusive'],
    ['Odd', 'Odd', 'Unknown/UnknownVerificationPhase'],
  ])('whose run is %s is %s', async (run, phase, condition) => {
    const { latest, pass: done } = await pass(verifying(), healthy([entry('Pending', { actor: 'admin' })]), [aRun('r1', run)]);
    expect(latest).toMatchObject({ id: 'v1', actor: 'admin', phase, analysisRun: { name: 'r1', phase: run ?? '' } });
    expect(conditionText(done, 'Verified')).toBe(condition);
  });

  it('is an error when the run is missing or was never known', async () => {
    expect((await pass(verifying(), healthy([entry('Pending')]))).latest).toMatchObject({ phase: 'Error', finishTime: AT });
    expect((await pass(verifying(), healthy([{ id: 'v1', phase: 'Pending' }]))).latest).toMatchObject({ phase: 'Error' });
  });

  it('goes on while the Stage is unhealthy', async () => {
    const { latest } = await pass(verifying(), healthy([entry('Running')], { health: { status: 'Unhealthy' } }), [
      aRun('r1', 'Failed'),
    ]);
    expect(latest?.phase).toBe('Failed');
  });

  it('[S32] is shown with the last Promotion too', async () => {
    const status = healthy([entry('Pending')]);
    status.lastPromotion = {
      name: 'p1',
      status: { phase: 'Succeeded', freightCollection: aCollection('f1', [entry('Pending')]) },
    };
    const { pass: done } = await pass(verifying(), status, [aRun('r1', 'Running')]);
    expect(done.status.lastPromotion?.status?.freightCollection?.verificationHistory).toMatchObject([
      { id: 'v1', phase: 'Running' },
    ]);
  });
});

describe('[10 11 verification] [S43] aborting', () => {
  const abort = { 'kargo.akuity.io/abort': '{"id":"v1","actor":"admin"}' };
  const gone = { terminateRun: () => Promise.reject(new ApiError('NotFound', 'gone')) };

  it('ends the verification with that id', async () => {
    const { latest, terminated, told } = await pass(verifying(abort), healthy([entry('Running')]), [aRun('r1', 'Running')]);
    expect(terminated).toEqual(['r1']);
    expect(latest).toMatchObject({ phase: 'Aborted', actor: 'admin', finishTime: AT });
    expect(told).toEqual(['f1 Aborted p1']);
  });

  it('does not need a run', async () => {
    expect((await pass(verifying(abort), healthy([{ id: 'v1', phase: 'Pending' }]))).latest?.phase).toBe('Aborted');
    expect((await pass(verifying(abort), healthy([entry('Running')]), [], gone)).latest?.phase).toBe('Aborted');
  });

  it('that does not work is an error', async () => {
    const deps = { terminateRun: () => Promise.reject(new ApiError('Forbidden', 'no')) };
    expect((await pass(verifying(abort), healthy([entry('Running')]), [], deps)).latest).toMatchObject({
      phase: 'Error',
      message: 'Verification could not be aborted: no',
    });
  });

  it.each([
    ['another id', { 'kargo.akuity.io/abort': 'v0' }, 'Running'],
    ['one that ended already', abort, 'Failed'],
  ])('changes nothing for %s', async (_, annotations, phase) => {
    const { terminated, latest } = await pass(verifying(annotations), healthy([entry(phase)]), [aRun('r1', phase)]);
    expect([terminated, latest?.phase]).toEqual([[], phase]);
  });
});

describe('[10 11 verification] [S42] verifying again', () => {
  const again = (request: object | string): Stage =>
    verifying({ 'kargo.akuity.io/reverify': typeof request === 'string' ? request : JSON.stringify(request) });

  it('starts a new entry for who asked', async () => {
    const { created, pass: done } = await pass(
      again({ id: 'v1', actor: 'email:k@a.io', controlPlane: true }),
      healthy([entry('Failed')]),
      [aRun('r1')],
    );
    expect(created).toEqual(['run for p1 again v1']);
    expect(done.status.freightHistory?.[0]?.verificationHistory).toMatchObject([
      { id: 'new', phase: 'Pending', actor: 'email:k@a.io' },
      { id: 'v1', phase: 'Failed' },
    ]);
  });

  it('names the Promotion only when the control plane asked for somebody', async () => {
    expect((await pass(again('v1'), healthy([entry('Failed')]))).created).toEqual(['run for nobody again v1']);
  });

  it('uses the run that an interrupted pass created for the same request', async () => {
    const { created, latest } = await pass(again('v1'), healthy([entry('Failed')]), [
      aRun('r2', 'Running', { 'kargo.akuity.io/reverify': 'v1' }),
    ]);
    expect([created, latest?.analysisRun?.name]).toEqual([[], 'r2']);
  });

  it('waits until the Stage is healthy', async () => {
    expect((await pass(again('v1'), healthy([entry('Failed')], { health: { status: 'Unhealthy' } }))).created).toEqual([]);
  });

  it('leaves a success standing until it is known better', async () => {
    const { pass: done } = await pass(again('v1'), healthy([entry('Successful')]));
    expect(conditionText(done, 'Verified')).toBe('True/Verified');
  });

  it('concerns what is deployed now only', async () => {
    const status = healthy([entry('Failed', { id: 'v2' })]);
    status.freightHistory?.push(aCollection('f0', [entry('Failed')]));
    expect((await pass(again('v1'), status)).created).toEqual([]);
  });
});

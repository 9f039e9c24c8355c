import { AnalysisRun, annotations, Stage } from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await World.open();
  await world.warehouse();
  await world.template('smoke', { args: [{ name: 'url' }] });
});

afterEach(async () => {
  expect(world.violations).toEqual([]);
  expect(world.manager.defects()).toEqual([]);
  await world.close();
});

const verification = {
  verification: {
    analysisTemplates: [{ name: 'smoke' }],
    analysisRunMetadata: { labels: { foo: 'bar' }, annotations: { bat: 'baz' } },
    args: [
      { name: 'url', value: 'https://${{ ctx.stage }}.acme.io' },
      { name: 'foo', value: 'bar' },
      { name: 'tag', value: "${{ imageFrom('ghcr.io/acme/app').Tag }}" },
    ],
  },
};

/** A Stage `test` to which `f1` was promoted just now; its verification has begun. */
async function promoted(stage = 'test'): Promise<{ run: AnalysisRun; promotion: string }> {
  await world.freight('f1');
  await world.stage(stage, verification);
  const promotion = await world.promote(stage, 'f1');
  await world.run(promotion);
  return { run: (await world.runs())[0]!, promotion: promotion.metadata.name ?? '' };
}

const history = async (stage = 'test') => (await world.get(stage)).status.freightHistory?.[0]?.verificationHistory ?? [];
const nameOf = (run: AnalysisRun): string => run.metadata.name ?? '';

describe('verification', () => {
  it('[S20] [S22] [S23] makes an AnalysisRun of the template, with the metadata and arguments of the Stage', async () => {
    const { run, promotion } = await promoted();
    const { id } = (await world.get('test')).status.freightHistory?.[0] ?? { id: '' };
    expect(run.metadata.name).toMatch(new RegExp(`^test\\.[0-9a-z]{26}\\.${id.slice(0, 7)}$`));
    expect(run.metadata).toMatchObject({
      labels: { foo: 'bar', 'kargo.akuity.io/stage': 'test', 'kargo.akuity.io/freight-collection': id },
      annotations: { bat: 'baz', 'kargo.akuity.io/promotion': promotion },
      ownerReferences: [{ kind: 'Freight', name: 'f1', blockOwnerDeletion: false }],
    });
    expect(run.spec.metrics).toMatchObject([{ name: 'smoke', provider: { job: {} } }]);
    expect(run.spec.args).toEqual([
      { name: 'url', value: 'https://test.acme.io' },
      { name: 'foo', value: 'bar' },
      { name: 'tag', value: 'f1' },
    ]);
  });

  it('[S23] keeps a tag that looks like a number as it is', async () => {
    await world.freight('1.10');
    await world.stage('test', verification);
    await world.run(await world.promote('test', '1.10'));
    expect((await world.runs())[0]?.spec.args?.at(-1)).toEqual({ name: 'tag', value: '1.10' });
  });

  it('[S28] [S32] is recorded from the beginning, first as pending with an empty phase of its run', async () => {
    const { run } = await promoted();
    const entry = {
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      phase: 'Pending',
      startTime: '2026-01-01T00:00:00Z',
      analysisRun: { name: nameOf(run), namespace: 'shop', phase: '' },
    };
    expect(await history()).toEqual([entry]);
    const { status } = await world.get('test');
    expect(status.lastPromotion?.status?.freightCollection?.verificationHistory).toEqual([entry]);
    expect(status.phase).toBe('Verifying');
    expect(await world.conditions('test')).toMatchObject({
      Verified: 'Unknown/VerificationPending',
      Ready: 'False/VerificationPending',
    });
    expect(world.manager.waits()).toMatchObject([{ reason: 'Verifying' }]);

    await world.analysis(nameOf(run), { phase: 'Running' });
    expect(await world.conditions('test')).toMatchObject({ Verified: 'Unknown/VerificationRunning' });
    await world.pass(23_000);
    await world.analysis(nameOf(run), { phase: 'Successful', completedAt: '2026-01-01T00:00:20Z' });
    expect(await history()).toEqual([
      {
        ...entry,
        phase: 'Successful',
        finishTime: '2026-01-01T00:00:20Z',
        analysisRun: { ...entry.analysisRun, phase: 'Successful' },
      },
    ]);
    expect(await world.conditions('test')).toEqual({
      Ready: 'True/Verified',
      Healthy: 'True/Healthy',
      Verified: 'True/Verified',
    });
    expect((await world.getFreight('f1')).status?.verifiedIn).toEqual({ test: { verifiedAt: '2026-01-01T00:00:20Z' } });
    expect(world.told).toEqual(['FreightVerificationSucceeded: f1 in test (test)']);
  });

  it.each([
    ['Failed', 'False/VerificationFailed'],
    ['Error', 'False/VerificationError'],
    ['Inconclusive', 'Unknown/VerificationInconclusive'],
  ])('[S25] that ends %s leaves the Freight unverified', async (phase, condition) => {
    const { run } = await promoted();
    await world.analysis(nameOf(run), { phase, message: 'metric smoke assessed so' });
    expect(await world.conditions('test')).toMatchObject({ Verified: condition, Ready: `False/Verification${phase}` });
    expect((await history())[0]).toMatchObject({ phase, message: 'metric smoke assessed so' });
    expect((await world.getFreight('f1')).status?.verifiedIn).toBeUndefined();
    expect((await world.get('test')).status.phase).toBe(phase === 'Inconclusive' ? 'Steady' : 'Failed');
  });

  it('[S42] is repeated on demand, as a new entry, on behalf of who asked', async () => {
    const { run } = await promoted();
    await world.analysis(nameOf(run), { phase: 'Failed' });
    const [first] = await history();
    const request = { id: first?.id, actor: 'email:kim@acme.io', controlPlane: true };
    await world.annotate('test', { [annotations.reverify]: JSON.stringify(request) });
    const [second, ...older] = await history();
    expect(older).toEqual([first]);
    expect(second).toMatchObject({ phase: 'Pending', actor: 'email:kim@acme.io' });
    expect(await world.runs()).toHaveLength(2);

    await world.annotate('test', { [annotations.refresh]: 'again' });
    expect(await world.runs()).toHaveLength(2);
    await world.analysis(second?.analysisRun?.name ?? '', { phase: 'Successful' });
    expect((await world.getFreight('f1')).status?.verifiedIn).toHaveProperty('test');
  });

  it('[S42] is not repeated for an id that is not the current one', async () => {
    const { run } = await promoted();
    await world.analysis(nameOf(run), { phase: 'Failed' });
    await world.annotate('test', { [annotations.reverify]: 'some-older-one' });
    expect(await history()).toHaveLength(1);
  });

  it('[S43] is aborted on demand: the run is told to end, and the entry says Aborted', async () => {
    const { run } = await promoted();
    const [entry] = await history();
    await world.annotate('test', { [annotations.abort]: JSON.stringify({ id: entry?.id, actor: 'admin' }) });
    expect((await world.runs())[0]?.spec.terminate).toBe(true);
    expect((await history())[0]).toMatchObject({
      phase: 'Aborted',
      actor: 'admin',
      message: 'Verification aborted by user',
      finishTime: '2026-01-01T00:00:00Z',
    });
    expect(await world.conditions('test')).toMatchObject({ Verified: 'False/VerificationAborted' });
    await world.analysis(nameOf(run), { phase: 'Successful' });
    expect((await history())[0]?.phase).toBe('Aborted');
    expect(world.told).toEqual(['FreightVerificationAborted: f1 in test (test)']);
  });

  it('that was aborted shows how its run ends, and stays aborted', async () => {
    const { run } = await promoted();
    await world.analysis(nameOf(run), { phase: 'Running' });
    await world.annotate('test', { [annotations.abort]: (await history())[0]?.id ?? '' });
    expect((await history())[0]).toMatchObject({ phase: 'Aborted', analysisRun: { phase: 'Running' } });
    await world.analysis(nameOf(run), { phase: 'Inconclusive', completedAt: '2026-01-01T00:00:05Z' });
    expect((await history())[0]).toMatchObject({
      phase: 'Aborted',
      finishTime: '2026-01-01T00:00:00Z',
      analysisRun: { phase: 'Inconclusive' },
    });
    expect(world.told).toHaveLength(1);
  });

  describe.each([
    { onFailure: undefined, verified: true },
    { onFailure: 'KeepVerified' as const, verified: true },
    { onFailure: 'RevokeVerified' as const, verified: false },
  ])('that is repeated and fails, where the Stage says $onFailure,', ({ onFailure, verified }) => {
    it(`${verified ? 'leaves the Freight verified' : 'takes the mark away, until it succeeds again'}`, async () => {
      await world.freight('f1');
      await world.stage('test', { verification: { ...verification.verification, ...(onFailure && { onFailure }) } });
      await world.run(await world.promote('test', 'f1'));
      const again = async (phase: string): Promise<void> => {
        await world.annotate('test', { [annotations.reverify]: (await history())[0]?.id ?? '' });
        await world.analysis((await history())[0]?.analysisRun?.name ?? '', { phase });
      };
      await world.analysis(nameOf((await world.runs())[0]!), { phase: 'Successful' });
      expect((await world.getFreight('f1')).status?.verifiedIn).toHaveProperty('test');
      for (const harmless of ['Error', 'Inconclusive']) {
        await again(harmless);
        expect((await world.getFreight('f1')).status?.verifiedIn).toHaveProperty('test');
      }
      await again('Failed');
      expect(Object.keys((await world.getFreight('f1')).status?.verifiedIn ?? {})).toEqual(verified ? ['test'] : []);
      expect((await world.conditions('test'))['Verified']).toBe(verified ? 'True/Verified' : 'False/VerificationFailed');
      await again('Successful');
      expect((await world.getFreight('f1')).status?.verifiedIn).toHaveProperty('test');
      expect((await world.conditions('test'))['Verified']).toBe('True/Verified');
    });
  });

  it('on simulated destinations says so, and one that is real among them does not', async () => {
    const app = (name: string, simulated: boolean) => ({ name, namespace: 'argocd', ...(simulated ? { simulated } : {}) });
    const verify = async (stage: string, apps: ReturnType<typeof app>[]) => {
      world.health.set(stage, { status: 'Healthy', issues: [], output: [], argoCDApps: apps });
      await world.stage(stage);
      await world.run(await world.promote(stage, 'f1'), 'Succeeded', [{ uses: 'argocd-update', config: {} }]);
      return (await history(stage))[0];
    };
    await world.freight('f1');
    expect(await verify('here', [app('a', true), app('b', true)])).toMatchObject({
      phase: 'Successful',
      message: expect.stringContaining('simulated destinations only'),
    });
    expect(await verify('there', [app('a', true), app('b', false)])).not.toHaveProperty('message');
  });

  it('[S46] is repeated on demand of kubectl just as well', async () => {
    const { run } = await promoted();
    await world.analysis(nameOf(run), { phase: 'Failed' });
    await world.annotate('test', { [annotations.reverify]: (await history())[0]?.id ?? '' }, 'kubectl');
    expect((await history())[0]).toMatchObject({ phase: 'Pending', actor: 'kubernetes:system:admin' });
  });

  it('blocks the next Promotion until it has ended, however it ends', async () => {
    const { run } = await promoted();
    await world.freight('f2');
    const next = await world.promote('test', 'f2');
    expect((await world.get('test')).status.currentPromotion).toBeUndefined();
    await world.analysis(nameOf(run), { phase: 'Failed' });
    expect((await world.get('test')).status.currentPromotion?.name).toBe(next.metadata.name);
  });

  it('[10 11 events] of several pieces of Freight is told for each that exists, also when its run is gone', async () => {
    await world.warehouse('infra');
    const origin = (name: string): object => ({ origin: { kind: 'Warehouse', name }, sources: { direct: true } });
    await world.template('plain');
    const analysisTemplates = [{ name: 'plain' }];
    await world.stage('test', {
      requestedFreight: [origin('app'), origin('infra')],
      verification: { analysisTemplates },
    } as never);
    for (const [name, from] of [
      ['f1', 'app'],
      ['i1', 'infra'],
    ] as const) {
      await world.freight(name, { from });
      await world.run(await world.promote('test', name));
      const run = (await world.runs()).find(({ status }) => (status?.phase ?? '') === '') as AnalysisRun;
      if (name === 'f1') await world.analysis(nameOf(run), { phase: 'Successful' });
      else await world.client.delete(AnalysisRun, { namespace: 'shop', name: nameOf(run) });
      await world.pass(1000);
    }
    expect((await history())[0]).toMatchObject({ phase: 'Error' });
    expect(world.told.toSorted()).toEqual([
      'FreightVerificationErrored: f1 in test (test)',
      'FreightVerificationErrored: i1 in test (test)',
      'FreightVerificationSucceeded: f1 in test (test)',
    ]);
  });

  it('of the same Freight again, promoted again, is a verification of its own', async () => {
    const { run } = await promoted();
    await world.analysis(nameOf(run), { phase: 'Successful' });
    await world.run(await world.promote('test', 'f1'));
    expect(await world.runs()).toHaveLength(2);
    expect((await history())[0]).toMatchObject({ phase: 'Pending' });
    expect((await world.get('test')).status.freightHistory).toHaveLength(2);
  });

  it('whose run is gone is an error, and can be repeated', async () => {
    const { run } = await promoted();
    await world.client.delete(AnalysisRun, { namespace: 'shop', name: nameOf(run) });
    await world.quiet();
    const [entry] = await history();
    expect(entry).toMatchObject({ phase: 'Error', message: expect.stringContaining('does not exist any more') });
    await world.annotate('test', { [annotations.reverify]: entry?.id ?? '' });
    expect((await history())[0]).toMatchObject({ phase: 'Pending' });
  });

  it('that nothing executes says so after a minute', async () => {
    const { run } = await promoted();
    await world.pass(60_000);
    expect((await history())[0]).toMatchObject({
      phase: 'Pending',
      message: expect.stringContaining('check that its controller runs'),
    });
    expect(world.manager.waits()).toMatchObject([
      { reason: 'Verifying', message: expect.stringContaining('check that its controller runs') },
    ]);
    await world.analysis(nameOf(run), { phase: 'Running' });
    expect((await history())[0]).not.toHaveProperty('message');
  });

  it('that cannot be built says why', async () => {
    await world.freight('f1');
    await world.stage('test', { verification: { analysisTemplates: [{ name: 'gone' }] } });
    await world.run(await world.promote('test', 'f1'));
    expect((await history())[0]).toMatchObject({ phase: 'Error', message: 'AnalysisTemplate gone does not exist' });
    expect((await world.get('test')).status.conditions?.find(({ type }) => type === 'Ready')?.message).toContain(
      'AnalysisTemplate gone does not exist',
    );
  });

  it('of a Stage with a name longer than a label is still found', async () => {
    const long = `${'a'.repeat(70)}-test`;
    const { run } = await promoted(long);
    expect(run.metadata.annotations?.['kargo.akuity.io/stage']).toBe(long);
    await world.analysis(nameOf(run), { phase: 'Successful' });
    expect(await world.conditions(long)).toMatchObject({ Verified: 'True/Verified' });
  });
});

describe('a crash', () => {
  it('between the creation of a run and its record does not create another one', async () => {
    const { run } = await promoted();
    const { status, metadata } = await world.get('test');
    const [collection] = status.freightHistory ?? [];
    const { verificationHistory: _, ...unverified } = collection!;
    const key = { namespace: 'shop', name: metadata.name ?? '' };
    await world.client.patch(
      Stage,
      key,
      { type: 'merge', body: { status: { freightHistory: [unverified] as never } } },
      { subresource: 'status' },
    );
    await world.analysis(nameOf(run), { phase: 'Running' });
    await world.restart();
    expect(await world.runs()).toHaveLength(1);
    expect((await history())[0]).toMatchObject({ phase: 'Running', analysisRun: { name: nameOf(run) } });
  });
});

it('without an analysis engine is an error that says what to do', async () => {
  const bare = await World.open({ analysisAvailable: false });
  try {
    await bare.warehouse();
    await bare.freight('f1');
    await bare.stage('test', verification);
    await bare.run(await bare.promote('test', 'f1'));
    const { status } = await bare.get('test');
    expect(status.freightHistory?.[0]?.verificationHistory?.[0]).toMatchObject({
      phase: 'Error',
      message: expect.stringContaining('AnalysisRuns'),
    });
    expect(bare.violations).toEqual([]);
  } finally {
    await bare.close();
  }
});

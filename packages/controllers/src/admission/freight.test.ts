import { annotations, Event, Freight, freightName, type Json, Promotion, Stage } from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admissionWorld, type AdmissionWorld, freight, IMAGE, promotion, refusal, stage } from './testing/admission-world.ts';

let world: AdmissionWorld;
beforeEach(async () => {
  world = await admissionWorld();
});
afterEach(() => world.close());

const keyOf = ({ metadata }: Freight) => ({ namespace: 'shop', name: metadata.name ?? '' });

describe('Freight is admitted', () => {
  it('[S35] under the name of what it holds, with an alias and the time of its discovery', async () => {
    const created = await world.kim.create(Freight, { ...freight('1.0.0'), metadata: { namespace: 'shop', name: 'whatever' } });
    expect(created.metadata.name).toBe(freightName(created));
    expect(created.alias).toMatch(/^[a-z]+-[a-z]+$/);
    expect(created.metadata.labels).toEqual({ 'kargo.akuity.io/alias': created.alias });
    expect(created.discoveredAt).toBe('2026-01-01T10:00:00Z');
  });

  it('with the alias and discovery it names', async () => {
    const created = await world.kim.create(Freight, freight('1.0.0', { alias: 'my-own', discoveredAt: '2020-01-01T00:00:00Z' }));
    expect([created.alias, created.discoveredAt]).toEqual(['my-own', '2020-01-01T00:00:00Z']);
  });

  const image = { repoURL: IMAGE, tag: '1', digest: 'sha256:00' };
  it.each<[string, Partial<Freight>, string[]]>([
    ['not without artifacts', { images: [] }, ['']],
    ['not from a Warehouse there is not', { origin: { kind: 'Warehouse', name: 'gone' } }, ['origin.name']],
    ['not with an artifact nobody subscribes to', { images: [{ ...image, repoURL: 'other' }] }, ['images[0]', 'images']],
    ['not with two artifacts of one subscription', { images: [image, { ...image, tag: '2' }] }, ['images[1]']],
    [
      'not without an artifact of each subscription',
      { images: [], artifacts: [{ subscriptionName: 's', version: 'v' }] },
      ['images'],
    ],
  ])('%s', async (_, fields, want) => {
    const { code, problems } = await refusal(world.kim.create(Freight, freight('1.0.0', fields)));
    expect(problems.map((problem) => problem.slice(0, problem.indexOf(': ')))).toEqual(want);
    expect(code).toBe(422);
  });

  it('not with the alias of another', async () => {
    await world.kim.create(Freight, freight('1.0.0', { alias: 'mine' }));
    expect(await refusal(world.kim.create(Freight, freight('2.0.0', { alias: 'mine' })))).toEqual({
      code: 422,
      problems: ['alias: Duplicate value: "mine": already used by another piece of Freight'],
    });
  });
});

describe('Freight that is there', () => {
  it('keeps its artifacts and origin', async () => {
    const created = await world.kim.create(Freight, freight('1.0.0'));
    const change = { type: 'merge' as const, body: { images: [{ repoURL: IMAGE, tag: '2.0.0', digest: 'sha256:00' }] } };
    const { code, problems } = await refusal(world.kim.patch(Freight, keyOf(created), change));
    expect([code, problems]).toEqual([422, [expect.stringMatching(/^images\[0\]: Forbidden: Freight is immutable/)]]);
  });

  it('takes another alias, and its label follows; but not that of another', async () => {
    const created = await world.kim.create(Freight, freight('1.0.0'));
    await world.kim.create(Freight, freight('2.0.0', { alias: 'taken' }));
    const renamed = await world.kim.patch(Freight, keyOf(created), { type: 'merge', body: { alias: 'mine' } });
    expect(renamed.metadata.labels).toEqual({ 'kargo.akuity.io/alias': 'mine' });
    const { code } = await refusal(world.kim.patch(Freight, keyOf(created), { type: 'merge', body: { alias: 'taken' } }));
    expect(code).toBe(409);
    const bare = await world.kim.patch(Freight, keyOf(created), { type: 'merge', body: { alias: null } });
    expect(bare.metadata.labels).toBeUndefined();
  });

  it('cannot be deleted while a Stage holds it', async () => {
    const created = await world.kim.create(Freight, freight('1.0.0'));
    await world.kim.create(Stage, stage('test'));
    const item = { name: created.metadata.name ?? '', origin: { ...created.origin } };
    const status = { freightHistory: [{ id: 'c', items: { 'Warehouse/app': item } }] };
    await world.system.patch(
      Stage,
      { namespace: 'shop', name: 'test' },
      { type: 'merge', body: { status } },
      { subresource: 'status' },
    );
    const refused = await refusal(world.kim.delete(Freight, keyOf(created)));
    expect([refused.code, refused.problems[0]]).toEqual([403, expect.stringContaining('in use by Stage test')]);
    await world.system.patch(
      Stage,
      { namespace: 'shop', name: 'test' },
      { type: 'merge', body: { status: { freightHistory: [] } } },
      { subresource: 'status' },
    );
    await world.kim.delete(Freight, keyOf(created));
  });

  it('cannot be deleted while it is on its way', async () => {
    await world.system.create(Stage, stage('test'));
    const created = await world.kim.create(Freight, freight('1.0.0'));
    const { metadata } = await world.kim.create(Promotion, promotion({ freight: created.metadata.name ?? '' }));
    const refused = await refusal(world.kim.delete(Freight, keyOf(created)));
    expect([refused.code, refused.problems[0]]).toEqual([
      403,
      expect.stringContaining(`being promoted by ${metadata.name}; abort that, or wait for its end`),
    ]);
    await world.system.patch(
      Promotion,
      { namespace: 'shop', name: metadata.name ?? '' },
      { type: 'merge', body: { status: { phase: 'Aborted' } } },
      { subresource: 'status' },
    );
    await world.kim.delete(Freight, keyOf(created));
  });

  it('says who made it and who approved it, whatever those claim', async () => {
    const created = await world.kim.create(Freight, {
      ...freight('1.0.0'),
      metadata: { namespace: 'shop', name: 'f', annotations: { [annotations.freightCreator]: 'email:sam@acme.io' } },
    });
    const patch = (metadata: Record<string, Json>) =>
      world.kim.patch(Freight, keyOf(created), { type: 'merge', body: { metadata } });
    expect(created.metadata.annotations?.[annotations.freightCreator]).toBe('kubernetes:kim');
    const renamed = await patch({ annotations: { [annotations.freightCreator]: null, note: 'x' } });
    expect(renamed.metadata.annotations).toEqual({ [annotations.freightCreator]: 'kubernetes:kim', note: 'x' });
    const approve = (client: typeof world.kim, approvedFor: Record<string, Json>) =>
      client.patch(Freight, keyOf(created), { type: 'merge', body: { status: { approvedFor } } }, { subresource: 'status' });
    await approve(world.system, { uat: { approvedAt: '2026-01-01T09:00:00Z', approvedBy: 'email:sam@acme.io' } });
    const approved = await approve(world.kim, {
      prod: { approvedBy: 'email:sam@acme.io' },
      uat: { approvedBy: 'kubernetes:kim' },
    });
    expect(approved.status?.approvedFor).toEqual({
      uat: { approvedAt: '2026-01-01T09:00:00Z', approvedBy: 'email:sam@acme.io' },
      prod: { approvedAt: '2026-01-01T10:00:00Z', approvedBy: 'kubernetes:kim' },
    });
  });

  it('keeps approvals as they were given, and takes none from the future', async () => {
    const created = await world.kim.create(Freight, freight('1.0.0'));
    const approve = (client: typeof world.kim, approvedFor: Record<string, Json>) =>
      client.patch(Freight, keyOf(created), { type: 'merge', body: { status: { approvedFor } } }, { subresource: 'status' });
    await approve(world.system, { uat: { approvedAt: '2026-01-01T09:00:00Z', approvedBy: 'email:sam@acme.io' } });
    const approved = await approve(world.kim, {
      uat: { approvedAt: '2026-01-01T09:30:00Z' },
      prod: { approvedAt: '2099-01-01T00:00:00Z' },
      constructor: { approvedAt: '2026-01-01T09:00:00Z', approvedBy: 'email:sam@acme.io' },
    });
    expect(approved.status?.approvedFor).toEqual({
      uat: { approvedAt: '2026-01-01T09:00:00Z', approvedBy: 'email:sam@acme.io' },
      prod: { approvedAt: '2026-01-01T10:00:00Z', approvedBy: 'kubernetes:kim' },
      constructor: { approvedAt: '2026-01-01T09:00:00Z', approvedBy: 'kubernetes:kim' },
    });
    const { items } = await world.system.list(Event, { namespace: 'shop' });
    const stages = items.map(({ metadata }) => metadata.annotations?.['event.kargo.akuity.io/stage-name']);
    expect(new Set(stages)).toEqual(new Set(['prod', 'constructor']));
    expect(stages).toHaveLength(2);
  });

  it('[S07] tells of approvals by people', async () => {
    const created = await world.kim.create(Freight, freight('1.0.0'));
    const approve = (stageName: string) => ({
      type: 'merge' as const,
      body: { status: { approvedFor: { [stageName]: { approvedAt: '2026-01-01T10:00:00Z' } } } },
    });
    await world.kim.patch(Freight, keyOf(created), approve('prod'), { subresource: 'status' });
    await world.system.patch(Freight, keyOf(created), approve('uat'), { subresource: 'status' });
    const { items } = await world.system.list(Event, { namespace: 'shop' });
    expect(
      items.map(({ reason, metadata }) => [
        reason,
        metadata.annotations?.['event.kargo.akuity.io/stage-name'],
        metadata.annotations?.['event.kargo.akuity.io/actor'],
      ]),
    ).toEqual([['FreightApproved', 'prod', 'kubernetes:kim']]);
  });
});

import { ApiError, type AnalysisTemplateSpec, type Freight } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aStage, someFreight } from '../availability/fixtures.ts';
import { buildAnalysisRun, type BuildAnalysisRunDeps } from './build-analysis-run.ts';
import { aCollection } from './fixtures.ts';

const ULID = '01j2w7aknhf3j7jteyqs72hnbg';
const seed: AnalysisTemplateSpec = {
  metrics: [{ name: 'test', provider: { job: { metadata: null, spec: { backoffLimit: 1 } } } }],
};

function deps(more: Partial<BuildAnalysisRunDeps> = {}): BuildAnalysisRunDeps {
  return {
    findTemplate: async () => seed,
    getFreight: async (_, name): Promise<Freight> => someFreight(name),
    evaluateArg: async (text, { project, stage, vars }) => `${text} ${project} ${stage} ${vars.length}`,
    ulid: () => ULID,
    ...more,
  };
}

const verification = {
  analysisTemplates: [{ name: 'kargo-demo' }],
  analysisRunMetadata: { labels: { foo: 'bar', 'kargo.akuity.io/stage': 'mine' }, annotations: { bat: 'baz' } },
  args: [{ name: 'foo', value: 'bar' }],
};
const stage = aStage('test', undefined, { spec: { verification, requestedFreight: [], vars: [{ name: 'v', value: '1' }] } });
const collection = { ...aCollection('f1'), id: '101bca5b0e18ca7913978a1da956308d2544f741' };

describe('the AnalysisRun of a verification', () => {
  it('[S20] [S22] [S23] [S24] is made of the template with the metadata and arguments of the Stage', async () => {
    expect(await buildAnalysisRun(deps(), { stage, collection, promotion: 'p1' })).toEqual({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: {
        namespace: 'shop',
        name: 'test.01j2w7aknhf3j7jteyqs72hnbg.101bca5',
        labels: { foo: 'bar', 'kargo.akuity.io/stage': 'test', 'kargo.akuity.io/freight-collection': collection.id },
        annotations: { bat: 'baz', 'kargo.akuity.io/promotion': 'p1' },
        ownerReferences: [
          { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Freight', name: 'f1', uid: 'uid-f1', blockOwnerDeletion: false },
        ],
      },
      spec: { metrics: seed.metrics, args: [{ name: 'foo', value: 'bar shop test 1' }] },
    });
  });

  it('names the Stage in full where the label cannot, and the instance that is to run it', async () => {
    const name = 'a'.repeat(64);
    const run = await buildAnalysisRun(deps({ instanceId: 'i1' }), {
      stage: { ...stage, metadata: { ...stage.metadata, name } },
      collection,
    });
    expect(run.metadata.labels).toMatchObject({
      'kargo.akuity.io/stage': `${'a'.repeat(54)}-ffe054fe`,
      'argo-rollouts.argoproj.io/controller-instance-id': 'i1',
    });
    expect(run.metadata.annotations).toMatchObject({ 'kargo.akuity.io/stage': name });
  });

  it.each([
    [
      'an expression is wrong',
      deps({ evaluateArg: () => Promise.reject(new Error('unknown name x')) }),
      collection,
      'args.foo cannot be evaluated: unknown name x',
    ],
    ['Freight is missing', deps({ getFreight: async () => undefined }), collection, /Freight f1.*does not exist in Project shop/],
    ['the collection has no id', deps(), { ...collection, id: '' }, /no id/],
  ] as const)('cannot be built when %s', async (_, with_, of, message) => {
    await expect(buildAnalysisRun(with_, { stage, collection: of })).rejects.toThrow(message);
  });

  it('is tried again later when the API cannot be read', async () => {
    const down = new Error('could not read Secret', { cause: new ApiError('ServiceUnavailable', 'down') });
    const built = buildAnalysisRun(deps({ evaluateArg: () => Promise.reject(down) }), { stage, collection });
    await expect(built).rejects.toBe(down);
  });
});

import { AnalysisTemplate, ClusterAnalysisTemplate, Stage, type AnalysisTemplateSpec, type Metric } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionWorld, object, refusal, stage, type AdmissionWorld } from './testing/admission-world.ts';

let world: AdmissionWorld;
beforeAll(async () => {
  world = await admissionWorld();
});
afterAll(() => world.close());

const metric = (more: Partial<Metric> = {}): Metric => ({
  name: 'errors',
  provider: { web: { url: 'http://metrics/' } },
  ...more,
});
const template = (spec: AnalysisTemplateSpec, name = 'smoke'): AnalysisTemplate =>
  object(AnalysisTemplate, { name, namespace: 'shop' }, { spec });

/** The problems and warnings that creating a template would meet. */
async function tryOut(spec: AnalysisTemplateSpec): Promise<{ problems: string[]; warnings: string[] }> {
  const warnings: string[] = [];
  const { problems } = await refusal(
    world.kim.create(AnalysisTemplate, template(spec), { dryRun: true, onWarning: (warning) => warnings.push(warning) }),
  );
  return { problems, warnings };
}

describe('an analysis template is refused', () => {
  const cases: { name: string; spec: AnalysisTemplateSpec; problem: string }[] = [
    { name: 'without metrics', spec: {}, problem: 'spec.metrics' },
    { name: 'with two metrics of one name', spec: { metrics: [metric(), metric()] }, problem: 'spec.metrics[1].name: Duplicate' },
    { name: 'without provider', spec: { metrics: [metric({ provider: {} })] }, problem: 'spec.metrics[0]: Invalid value' },
    {
      name: 'with two providers',
      spec: { metrics: [metric({ provider: { web: {}, job: {} } })] },
      problem: 'multiple providers specified',
    },
    {
      name: 'with a provider nobody knows',
      spec: { metrics: [metric({ provider: { weather: {} } })] },
      problem: 'spec.metrics[0].provider',
    },
    {
      name: 'with an interval that is none',
      spec: { metrics: [metric({ interval: '60' })] },
      problem: 'spec.metrics[0].interval',
    },
    {
      name: 'with a delay that is none',
      spec: { metrics: [metric({ initialDelay: 'soon' })] },
      problem: 'spec.metrics[0].initialDelay',
    },
    { name: 'with a count that is no number', spec: { metrics: [metric({ count: 'many' })] }, problem: 'spec.metrics[0].count' },
    { name: 'with a count below zero', spec: { metrics: [metric({ count: -1 })] }, problem: 'count must be >= 0' },
    {
      name: 'with a count and no interval',
      spec: { metrics: [metric({ count: 3 })] },
      problem: 'interval must be specified when count > 1',
    },
    {
      name: 'without any limit',
      spec: { metrics: [metric({ interval: '1m', failureLimit: -1 })] },
      problem: 'cannot both be disabled',
    },
    {
      name: 'with limits that its count cannot reach',
      spec: { metrics: [metric({ interval: '1m', count: 3, failureLimit: 2, consecutiveSuccessLimit: 2 })] },
      problem: 'count (3) must be >= failureLimit + consecutiveSuccessLimit (2 + 2) if both >= 0',
    },
    {
      name: 'with a condition that is no expression',
      spec: { metrics: [metric({ successCondition: 'result <' })] },
      problem: 'spec.metrics[0].successCondition',
    },
    {
      name: 'with a condition on an unknown name',
      spec: { metrics: [metric({ failureCondition: 'value > 1' })] },
      problem: 'unknown name value',
    },
    {
      name: 'with a condition that can be neither true nor false',
      spec: { metrics: [metric({ successCondition: '1 + 1' })] },
      problem: 'is always 2',
    },
    {
      name: 'with a placeholder that nothing fills',
      spec: { metrics: [metric({ successCondition: '{{workflow.x}} > 1' })] },
      problem: 'only {{args.NAME}}',
    },
    {
      name: 'with a placeholder that does not end',
      spec: { metrics: [metric({ provider: { web: { url: 'http://{{args.host' } } })] },
      problem: 'does not end with }}',
    },
    {
      name: 'with nothing but braces, however many',
      spec: { metrics: [metric({ provider: { web: { url: '{'.repeat(1_000_000) } } })] },
      problem: 'does not end with }}',
    },
    {
      name: 'with an argument twice',
      spec: { metrics: [metric()], args: [{ name: 'a' }, { name: 'a' }] },
      problem: 'spec.args[1].name: Duplicate',
    },
    {
      name: 'with an argument from a field that a Stage does not have',
      spec: { metrics: [metric()], args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'spec.replicas' } } }] },
      problem: 'spec.args[0].valueFrom.fieldRef.fieldPath',
    },
    {
      name: 'with a dry run rule that is no expression',
      spec: { metrics: [metric()], dryRun: [{ metricName: '(' }] },
      problem: 'spec.dryRun[0].metricName',
    },
    {
      name: 'with a rule twice',
      spec: { metrics: [metric()], dryRun: [{ metricName: '*' }, { metricName: '*' }] },
      problem: 'spec.dryRun[1].metricName: Duplicate',
    },
    {
      name: 'that keeps fewer than no measurements',
      spec: { metrics: [metric()], measurementRetention: [{ metricName: '*', limit: -1 }] },
      problem: 'spec.measurementRetention[0].limit',
    },
    {
      name: 'that refers to itself',
      spec: { templates: [{ templateName: 'smoke' }] },
      problem: 'AnalysisTemplate smoke refers to itself',
    },
  ];
  it.each(cases)('$name', async ({ spec, problem }) => {
    expect((await tryOut(spec)).problems.join('\n')).toContain(problem);
  });

  it('with all its problems at once', async () => {
    const { problems } = await tryOut({ metrics: [metric({ interval: 'x', successCondition: 'y' })], args: [{ name: '' }] });
    expect(problems).toHaveLength(3);
  });

  it('if it closes a circle over several, and of the cluster too', async () => {
    const cluster = (name: string, templateName: string): ClusterAnalysisTemplate =>
      object(
        ClusterAnalysisTemplate,
        { name },
        { spec: { metrics: [metric({ name })], templates: [{ templateName, clusterScope: true }] } },
      );
    await world.kim.create(ClusterAnalysisTemplate, cluster('one', 'two'));
    await world.kim.create(ClusterAnalysisTemplate, cluster('two', 'three'));
    expect((await refusal(world.kim.create(ClusterAnalysisTemplate, cluster('three', 'one')))).problems.join()).toContain(
      'three -> ClusterAnalysisTemplate one -> ClusterAnalysisTemplate two -> ClusterAnalysisTemplate three',
    );
  });
});

describe('an analysis template is taken', () => {
  const cases: { name: string; spec: AnalysisTemplateSpec; warning?: string }[] = [
    { name: 'as the smallest there is', spec: { metrics: [{ name: 'test', provider: { job: { metadata: null, spec: {} } } }] } },
    {
      name: 'with arguments for whatever they decide',
      spec: {
        args: ['n', 'limit', 'every', 'cond'].map((name) => ({ name })),
        metrics: [
          metric({
            count: '{{args.n}}',
            interval: '{{ args.every }}',
            failureLimit: '{{args.limit}}',
            successCondition: '{{args.cond}}',
          }),
        ],
      },
    },
    {
      name: 'without metrics, if others have them',
      spec: { templates: [{ templateName: 'one', clusterScope: true }] },
      warning: 'there is no ClusterAnalysisTemplate three yet',
    },
    { name: 'that never ends by itself', spec: { metrics: [metric({ interval: '1m' })] }, warning: 'never succeeds by itself' },
    { name: 'that can never succeed', spec: { metrics: [metric({ successCondition: '1 > 2' })] }, warning: 'can never succeed' },
    {
      name: 'that has conditions for a Job',
      spec: { metrics: [metric({ provider: { job: {} }, successCondition: 'result > 1' })] },
      warning: 'never looked at',
    },
    {
      name: 'that takes an argument from elsewhere',
      spec: { metrics: [metric({ successCondition: 'result > {{args.x}}' })] },
      warning: 'does not declare',
    },
    {
      name: 'with a rule for no metric',
      spec: { metrics: [metric()], dryRun: [{ metricName: 'x' }] },
      warning: 'matches no metric',
    },
    {
      name: 'that refers to one that is not there yet',
      spec: { templates: [{ templateName: 'later' }] },
      warning: 'there is no AnalysisTemplate later yet',
    },
  ];
  it.each(cases)('$name', async ({ spec, warning }) => {
    const { problems, warnings } = await tryOut(spec);
    expect(problems).toEqual([]);
    if (warning === undefined) expect(warnings).toEqual([]);
    else expect(warnings.join('\n')).toContain(warning);
  });

  it('when only its labels change, though it was stored with problems', async () => {
    const stored = await world.kim.create(AnalysisTemplate, template({ metrics: [metric()] }, 'old'));
    await world.kim.update(AnalysisTemplate, { ...stored, metadata: { ...stored.metadata, labels: { a: 'b' } } });
    expect((await refusal(world.kim.update(AnalysisTemplate, { ...stored, spec: {} }))).code).not.toBe(0);
  });
});

it.each([
  ['names a template that is not there', [{ name: 'gone' }], [], 'AnalysisTemplate gone does not exist'],
  ['leaves an argument open', [{ name: 'needy' }], [], 'does not give "url"'],
  ['gives all arguments', [{ name: 'needy' }], [{ name: 'url', value: 'x' }], undefined],
])('a Stage whose verification %s is told so', async (_, analysisTemplates, args, warning) => {
  await refusal(world.kim.create(AnalysisTemplate, template({ metrics: [metric()], args: [{ name: 'url' }] }, 'needy')));
  const warnings: string[] = [];
  const created = stage('test', { verification: { analysisTemplates, args } });
  await world.kim.create(Stage, created, { dryRun: true, onWarning: (text) => warnings.push(text) });
  if (warning === undefined) expect(warnings).toEqual([]);
  else expect(warnings.join()).toContain(warning);
});

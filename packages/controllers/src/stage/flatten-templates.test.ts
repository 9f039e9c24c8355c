import type { AnalysisTemplateSpec } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { expandTemplates, mergeTemplates, templateText, type FindTemplate } from './flatten-templates.ts';

const metric = (name: string): NonNullable<AnalysisTemplateSpec['metrics']>[number] => ({ name, provider: { job: {} } });
const cluster = { clusterScope: true };

function library(templates: Record<string, AnalysisTemplateSpec>): FindTemplate {
  return async (reference) => templates[templateText(reference)];
}

async function expanded(
  templates: Record<string, AnalysisTemplateSpec>,
  ...references: Parameters<typeof expandTemplates>[0]
): Promise<string[]> {
  const specs = await expandTemplates(references, library(templates));
  return specs.map((spec) => Object.keys(templates).find((key) => templates[key] === spec) ?? '');
}

describe('[40 A4] [40 C2.3] the templates of a verification', () => {
  it('come in order: those of the Project, those of the cluster, each before those it refers to', async () => {
    const templates = {
      'AnalysisTemplate a': { templates: [{ templateName: 'c' }, { templateName: 'x', ...cluster }] },
      'AnalysisTemplate b': {},
      'AnalysisTemplate c': {},
      'ClusterAnalysisTemplate x': { templates: [{ templateName: 'b' }] },
      'ClusterAnalysisTemplate y': {},
    };
    const order = await expanded(templates, { name: 'y', kind: 'ClusterAnalysisTemplate' }, { name: 'a' }, { name: 'b' });
    expect(order).toEqual([
      'AnalysisTemplate a',
      'AnalysisTemplate c',
      'ClusterAnalysisTemplate x',
      'AnalysisTemplate b',
      'ClusterAnalysisTemplate y',
    ]);
  });

  it('count once when they are referred to twice', async () => {
    const templates = { 'AnalysisTemplate a': {} };
    expect(await expanded(templates, { name: 'a' }, { name: 'a', kind: 'AnalysisTemplate' })).toHaveLength(1);
  });

  const bad: { name: string; templates: Record<string, AnalysisTemplateSpec>; code: string; message: string }[] = [
    { name: 'missing', templates: {}, code: 'TemplateMissing', message: 'AnalysisTemplate a does not exist' },
    {
      name: 'missing behind another one',
      templates: { 'AnalysisTemplate a': { templates: [{ templateName: 'b', ...cluster }] } },
      code: 'TemplateMissing',
      message: 'ClusterAnalysisTemplate b does not exist (AnalysisTemplate a refers to it)',
    },
    {
      name: 'in a circle',
      templates: {
        'AnalysisTemplate a': { templates: [{ templateName: 'b' }] },
        'AnalysisTemplate b': { templates: [{ templateName: 'a' }] },
      },
      code: 'TemplateCycle',
      message: 'AnalysisTemplate a refers to itself: AnalysisTemplate a -> AnalysisTemplate b -> AnalysisTemplate a',
    },
  ];
  it.each(bad)('are refused when $name', async ({ templates, code, message }) => {
    await expect(expanded(templates, { name: 'a' })).rejects.toMatchObject({ code, message });
  });

  it('are refused when they are nested too deeply', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`AnalysisTemplate a${i}`, { templates: [{ templateName: `a${i + 1}` }] }]),
    );
    await expect(expanded(chain, { name: 'a0' })).rejects.toMatchObject({ code: 'TemplateCycle' });
  });
});

describe('[40 C2.2] [10 11 templates] merging templates', () => {
  it('concatenates metrics and rules, and keeps fields it does not know', () => {
    const first = { metrics: [{ ...metric('m1'), extra: 1 } as never], dryRun: [{ metricName: 'm1' }] };
    const second = { metrics: [metric('m2')], measurementRetention: [{ metricName: 'm.*', limit: 5 }] };
    expect(mergeTemplates([first, second])).toEqual({
      metrics: [...first.metrics, ...second.metrics],
      dryRun: first.dryRun,
      measurementRetention: second.measurementRetention,
    });
  });

  it('takes the first place and the first value of an argument', () => {
    const secret = { secretKeyRef: { name: 's', key: 'k' } };
    const { args } = mergeTemplates([
      { args: [{ name: 'a' }, { name: 'b', value: '1' }, { name: 'c' }] },
      { args: [{ name: 'c', valueFrom: secret }, { name: 'b', value: '1' }, { name: 'a', value: 'x' }, { name: 'd' }] },
    ]);
    expect(args).toEqual([{ name: 'a', value: 'x' }, { name: 'b', value: '1' }, { name: 'c', valueFrom: secret }, { name: 'd' }]);
  });

  it.each([
    ['metrics', [{ metrics: [metric('x')] }, { metrics: [metric('x')] }], "two metrics have the same name 'x'"],
    ['dry runs', [{ dryRun: [{ metricName: 'x' }] }, { dryRun: [{ metricName: 'x' }] }], /two dryRun rules/],
    [
      'retention',
      [{ measurementRetention: [{ metricName: 'x', limit: 1 }] }, { measurementRetention: [{ metricName: 'x', limit: 2 }] }],
      /two measurementRetention rules/,
    ],
    [
      'values',
      [{ args: [{ name: 'x', value: '1' }] }, { args: [{ name: 'x', value: '2' }] }],
      "two templates give args.x different values: '1' and '2'",
    ],
  ] as const)('refuses contradicting %s', (_, templates, message) => {
    expect(() => mergeTemplates(templates as unknown as AnalysisTemplateSpec[])).toThrow(message);
  });
});

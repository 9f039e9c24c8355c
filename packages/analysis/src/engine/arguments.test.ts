import type { AnalysisArgument, Metric } from '@kargo/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argumentValues, resolveMetric } from './arguments.ts';

const web = (url: string, rest: Partial<Metric> = {}): Metric => ({ name: 'a', provider: { web: { url } }, ...rest });
const resolve = (metric: Metric, values: Record<string, string>): Metric =>
  resolveMetric(metric, new Map(Object.entries(values)));
const urlOf = (metric: Metric): unknown => (metric.provider['web'] as { url: string }).url;

describe('[40 C2.4] arguments in a metric', () => {
  it.each<[string, Record<string, string>, string]>([
    ['{{args.var}}', { var: 'x' }, 'x'],
    ['{{ args.var }}', { var: 'x' }, 'x'],
    ['a{{args.v}}b{{args.w}}c', { v: '1', w: '2' }, 'a1b2c'],
    ['{{args.restarts.max}}-{{args.a-b}}', { 'restarts.max': '5', 'a-b': '6' }, '5-6'],
    ['{{args.var}}', { var: 'foo "bar" baz' }, 'foo "bar" baz'],
    ['{{args.var}}', { var: 'line\n\ttab\\ \u0001 \u2028' }, 'line\n\ttab\\ \u0001 \u2028'],
    ['{{args.var}}', { var: '{{args.var}}' }, '{{args.var}}'],
    ['{{args.var}}', { var: '' }, ''],
    ['no tags } } { {', {}, 'no tags } } { {'],
  ])('%j with %j is %j', (text, values, want) => {
    expect(urlOf(resolve(web(text), values))).toBe(want);
  });

  it('survive whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(urlOf(resolve(web('{{args.v}}'), { v: value }))).toBe(value.toWellFormed());
      }),
    );
  });

  it.each<[Metric, Record<string, string>, string]>([
    [web('{{args.gone}}'), {}, 'failed to resolve {{args.gone}}'],
    [web('{{ args.gone }}'), {}, 'failed to resolve {{ args.gone }}'],
    [web('{{workflow.x}}'), { x: '1' }, 'failed to resolve {{workflow.x}}'],
    [web('{{args.url}}', { count: '{{args.count}}' }), {}, 'failed to resolve {{args.url}}'],
    [web('x', { count: '{{args.count}}', name: '{{args.name}}' }), {}, 'failed to resolve {{args.count}}'],
    [web('{{args.url}}', { consecutiveSuccessLimit: '{{args.limit}}' }), {}, 'failed to resolve {{args.limit}}'],
    [web('{{args.x'), { x: '1' }, 'Cannot find end tag="}}" in the template='],
  ])('%j cannot be resolved: %j', (metric, values, message) => {
    expect(() => resolve(metric, values)).toThrow(message);
  });

  it('may give numbers and conditions', () => {
    const resolved = resolve(web('x', { count: '{{args.n}}', successCondition: 'result < {{args.limit}}' }), {
      n: '3',
      limit: '0.5',
    });
    expect(resolved).toMatchObject({ count: '3', successCondition: 'result < 0.5' });
  });
});

describe('values of arguments', () => {
  const secret = { secretKeyRef: { name: 's', key: 'k' } };

  it.each<[AnalysisArgument[], Record<string, string>]>([
    [[{ name: 'a', value: '1' }], { a: '1' }],
    [[{ name: 'a', value: '' }], { a: '' }],
    [[{ name: 'a', valueFrom: secret }], { a: 'temp-for-secret' }],
    [[{ name: 'a', value: 'literal', valueFrom: secret }], { a: 'temp-for-secret' }],
  ])('%j are %j while planning', (args, want) => {
    expect(Object.fromEntries(argumentValues(args))).toEqual(want);
  });

  it('are those of secrets when measuring', () => {
    const args = [{ name: 'a', value: 'literal', valueFrom: secret }];
    expect(argumentValues(args, new Map([['a', 's3cret']])).get('a')).toBe('s3cret');
  });

  it.each<[AnalysisArgument]>([[{ name: 'x' }], [{ name: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }]])(
    '%j was not supplied',
    (argument) => {
      expect(() => argumentValues([argument])).toThrow('argument "x" was not supplied');
    },
  );
});

import type { AnalysisArgument } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aStage } from '../availability/fixtures.ts';
import { resolveArguments, type StageArgument } from './analysis-arguments.ts';

const stage = aStage('qa', undefined, {
  metadata: { namespace: 'shop', name: 'qa', uid: 'u1', labels: { tier: 'x' }, annotations: { 'a/b': 'y' } },
});
const secret = { secretKeyRef: { name: 's', key: 'k' } };
const field = (fieldPath: string): AnalysisArgument => ({ name: 'f', valueFrom: { fieldRef: { fieldPath } } });

describe('[40 C2.1] [10 11 templates] arguments of a verification', () => {
  const cases: { name: string; template?: AnalysisArgument[]; given?: StageArgument[]; want: AnalysisArgument[] }[] = [
    {
      name: '[S23] of the Stage override the template’s',
      template: [{ name: 'a', value: '1' }],
      given: [{ name: 'a', value: '2' }],
      want: [{ name: 'a', value: '2' }],
    },
    {
      name: '[S23] of the Stage that no template declares reach the run',
      given: [{ name: 'foo', value: 'bar' }],
      want: [{ name: 'foo', value: 'bar' }],
    },
    {
      name: 'that are empty count as absent',
      template: [{ name: 'a', value: '1' }],
      given: [
        { name: 'a', value: '' },
        { name: 'b', value: '' },
      ],
      want: [{ name: 'a', value: '1' }],
    },
    {
      name: 'that are numbers or booleans become text',
      given: [
        { name: 'a', value: 42 },
        { name: 'b', value: true },
      ],
      want: [
        { name: 'a', value: '42' },
        { name: 'b', value: 'true' },
      ],
    },
    {
      name: 'given in full replace a secret',
      template: [{ name: 'a', valueFrom: secret }],
      given: [{ name: 'a', value: 'x' }],
      want: [{ name: 'a', value: 'x' }],
    },
    {
      name: 'from secrets stay references',
      template: [{ name: 'a', valueFrom: secret }],
      want: [{ name: 'a', valueFrom: secret }],
    },
    { name: 'from the name of the Stage', template: [field('metadata.name')], want: [{ name: 'f', value: 'qa' }] },
    { name: 'from its namespace', template: [field('metadata.namespace')], want: [{ name: 'f', value: 'shop' }] },
    { name: 'from its labels', template: [field("metadata.labels['tier']")], want: [{ name: 'f', value: 'x' }] },
    { name: 'from its annotations', template: [field("metadata.annotations['a/b']")], want: [{ name: 'f', value: 'y' }] },
  ];
  it.each(cases)('$name', ({ template = [], given = [], want }) => {
    expect(resolveArguments(template, given, stage)).toEqual(want);
  });

  it.each([
    ['that nobody gives', [{ name: 'a' }], [], 'ArgumentUnresolved'],
    ['from fields that are not there', [field("metadata.labels['none']")], [], 'ArgumentUnresolved'],
    ['that are objects', [], [{ name: 'a', value: {} }], 'ArgumentInvalid'],
    ['that are lists', [], [{ name: 'a', value: [] }], 'ArgumentInvalid'],
  ] as const)('%s are refused', (_, template, given, code) => {
    expect(() => resolveArguments(template, given as unknown as StageArgument[], stage)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

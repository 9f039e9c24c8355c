import { describe, expect, it } from 'vitest';
import { byteLength } from '../identifiers/bytes.ts';
import type { Condition } from '../kinds/field-schemas.ts';
import { conditionViolations } from './condition-invariants.ts';
import { getCondition, removeCondition, setCondition } from './conditions.ts';
import { mergeHealth, worseHealth } from './health.ts';

const T1 = '2026-01-01T10:00:00Z';
const T2 = '2026-01-01T10:05:00Z';
const ready = { type: 'Ready', status: 'False', reason: 'Syncing', message: 'not yet', observedGeneration: 1 } as const;

describe('conditions', () => {
  const before = setCondition([], ready, T1);

  it('[S26] the transition time changes exactly when the status does', () => {
    expect(getCondition(setCondition(before, { ...ready, reason: 'Other' }, T2), 'Ready')).toMatchObject({
      reason: 'Other',
      lastTransitionTime: T1,
    });
    expect(
      getCondition(setCondition(before, { ...ready, status: 'True', reason: 'Synced' }, T2), 'Ready')?.lastTransitionTime,
    ).toBe(T2);
  });

  it('setting what is there changes nothing, unless it was seen at a newer generation', () => {
    expect(setCondition(before, ready, T2)).toEqual(before);
    expect(setCondition(before, { ...ready, observedGeneration: 2 }, T2)[0]?.observedGeneration).toBe(2);
  });

  it('a given transition time is kept; others stay where they are', () => {
    const two = setCondition(
      before,
      { type: 'Healthy', status: 'True', reason: 'Fine', lastTransitionTime: '2020-01-01T00:00:00Z' },
      T2,
    );
    expect(two.map(({ type }) => type)).toEqual(['Ready', 'Healthy']);
    expect(two[1]?.lastTransitionTime).toBe('2020-01-01T00:00:00Z');
    expect(removeCondition(two, 'Ready').map(({ type }) => type)).toEqual(['Healthy']);
    expect(removeCondition(two, 'Healthy').map(({ type }) => type)).toEqual(['Ready']);
  });

  it('long messages are cut between characters, with a note', () => {
    const [condition] = setCondition([], { ...ready, message: 'é'.repeat(20_000) }, T1);
    expect(byteLength(condition?.message ?? '')).toBeLessThanOrEqual(32_768);
    expect(condition?.message).toMatch(/^é+ \.\.\. \(truncated\)$/);
  });
});

describe('condition invariants', () => {
  const object = (conditions: Condition[], observedGeneration?: number) => ({
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name: 'x', generation: 3 },
    status: { conditions, observedGeneration },
  });
  const good: Condition = { type: 'Ready', status: 'True', reason: 'Fine', message: '', lastTransitionTime: T1 };
  const ids = (conditions: Condition[], before?: Condition[]): string[] =>
    conditionViolations(object(conditions), before && object(before)).map(({ id }) => id);

  it.each<[string, Condition[], string[]]>([
    ['nothing wrong', [good], []],
    ['a type twice', [good, good], ['C01']],
    ['a strange reason', [{ ...good, reason: 'not a word' }], ['C03']],
    ['a strange time', [{ ...good, lastTransitionTime: '2026-01-01T10:00:00.5Z' }], ['C05']],
    ['Ready while Reconciling', [good, { ...good, type: 'Reconciling' }], ['C06']],
    ['a generation from the future', [{ ...good, observedGeneration: 4 }], ['C07']],
    ['no explanation', [{ ...good, status: 'False' }], ['C10']],
  ])('%s', (_, conditions, want) => {
    expect(ids(conditions)).toEqual(want);
  });

  it('time that moves without a change of status', () => {
    expect(ids([{ ...good, lastTransitionTime: T2 }], [good])).toEqual(['C09']);
    expect(ids([{ ...good, status: 'Unknown', message: 'm', lastTransitionTime: T2 }], [good])).toEqual([]);
  });

  it('an observed generation that goes back', () => {
    expect(conditionViolations(object([good], 1), object([good], 2)).map(({ id }) => id)).toEqual(['C08']);
  });
});

describe('health', () => {
  it('the worst state wins', () => {
    expect(worseHealth('Healthy', 'NotApplicable')).toBe('NotApplicable');
    expect(worseHealth('Unknown', 'Progressing')).toBe('Unknown');
    expect(worseHealth('Unhealthy', 'Unknown')).toBe('Unhealthy');
    expect(worseHealth('Healthy', 'Nonsense')).toBe('Unknown');
  });

  it('results are merged with their issues and outputs', () => {
    expect(mergeHealth([])).toEqual({ status: 'Healthy' });
    expect(
      mergeHealth([
        { status: 'Healthy', output: { a: 1 } },
        { status: 'Progressing', issues: ['slow'] },
      ]),
    ).toEqual({
      status: 'Progressing',
      issues: ['slow'],
      output: [{ a: 1 }],
    });
  });
});

import { describe, expect, it } from 'vitest';
import { evaluateConditions, type Judgement } from './conditions.ts';

const NO_DATA = 'metric result is nil or empty: no data returned from the metric provider';

interface Case {
  success?: string;
  failure?: string;
  result: unknown;
  numbers?: boolean;
  want: Judgement['phase'];
  message?: string;
}

describe('conditions of a metric', () => {
  it.each<Case>([
    { result: 1, want: 'Successful' },
    { success: 'result > 0', result: 1, want: 'Successful' },
    { success: 'result > 0', result: -1, want: 'Failed' },
    { failure: 'result > 0', result: 1, want: 'Failed' },
    { failure: 'result > 0', result: -1, want: 'Successful' },
    { success: 'true', failure: 'true', result: 1, want: 'Failed' },
    { success: 'result > 5', failure: 'result < 1', result: 3, want: 'Inconclusive' },
    { success: '', failure: '', result: 3, want: 'Successful' },
  ])('success `$success`, failure `$failure` of $result: $want', ({ success, failure, result, want }) => {
    expect(evaluateConditions({ successCondition: success, failureCondition: failure }, result).phase).toBe(want);
  });

  it.each<Case>([
    { success: 'result < 1', result: 'OK', want: 'Error', message: 'invalid operation: < (mismatched types string and int)' },
    { success: 'true or result < 1', result: 'OK', want: 'Error', message: 'mismatched types' },
    { success: 'result', result: 'OK', want: 'Error', message: 'expected bool, but got string' },
    { success: 'foo == 1', result: 1, want: 'Error', message: 'unknown name foo' },
    { success: 'result == "OK"', result: 'OK', want: 'Successful' },
    { success: 'result == "KO"', result: 'OK', want: 'Failed' },
    { success: 'result % 2 == 0', result: 4, want: 'Error', message: '%' },
    { success: 'asInt(result) % 2 == 0', result: 4, want: 'Successful' },
    { success: '1 < result < 10', result: 4, want: 'Successful' },
    { success: 'result.a == "1"', result: { a: 1 }, want: 'Failed' },
    { success: 'result.a < "1"', result: { a: 1 }, want: 'Error', message: 'invalid operation' },
    { success: 'result.a.b == 1', result: {}, want: 'Error', message: 'cannot fetch b from <nil>' },
    { success: 'result.a?.b == nil', result: {}, want: 'Successful' },
    { success: '2 in [2.0]', result: 1, want: 'Successful' },
  ])('$success of $result: $want', ({ success, result, want, message = '' }) => {
    const judgement = evaluateConditions({ successCondition: success }, result);
    expect(judgement.phase).toBe(want);
    expect(judgement.message ?? '').toContain(message);
  });

  it.each<Case>([
    { success: 'result[0] < 1', result: [], numbers: true, want: 'Error', message: NO_DATA },
    { success: 'nonsense', result: [], numbers: true, want: 'Error', message: NO_DATA },
    { success: 'result[0] < 1', result: null, want: 'Error', message: NO_DATA },
    { success: 'len(result) == 0 || result[0] < 1', result: [], numbers: true, want: 'Successful' },
    { success: 'len(result) == 0 || result[0] < 1', result: null, want: 'Error', message: NO_DATA },
    { success: 'isNil(result) || result < 1', result: null, want: 'Error', message: NO_DATA },
    { success: 'isNil(result)', result: null, want: 'Successful' },
    { success: 'default(result, 0) < 0.05', result: null, want: 'Successful' },
    { success: 'default(result, 1) < 0.05', result: null, want: 'Failed' },
    { success: '(result ?? 0) < 1', result: null, want: 'Successful' },
    { success: 'result[0] < "a"', result: [1], numbers: true, want: 'Error', message: 'mismatched types float64 and string' },
    { success: '10 in result', result: [10, 11], numbers: true, want: 'Successful' },
    { success: 'all(result, # < 11)', result: [10, 11], numbers: true, want: 'Failed' },
  ])('missing data and lists: $success of $result: $want', ({ success, result, numbers, want, message = '' }) => {
    const judgement = evaluateConditions({ successCondition: success }, result, { numbers });
    expect(judgement.phase).toBe(want);
    expect(judgement.message ?? '').toContain(message);
  });

  it.each<Case>([
    { success: 'result >= 0.9', result: Number.NaN, want: 'Failed' },
    { success: 'result >= 0.9 || isNaN(result)', result: Number.NaN, want: 'Successful' },
    { success: 'result >= 0.9', failure: 'result < 0.9', result: Number.NaN, want: 'Inconclusive' },
    { failure: 'isInf(result)', result: Infinity, want: 'Failed' },
    { failure: 'isInf(result)', result: -Infinity, want: 'Failed' },
    { success: 'asInt("12") == 12 and asInt(1.9) == 1', result: 1, want: 'Successful' },
    { success: 'asInt("1.1") == 1', result: 1, want: 'Error' },
    { success: 'asFloat("1.5") == result', result: 1.5, want: 'Successful' },
  ])('numbers: $success $failure of $result: $want', ({ success, failure, result, want }) => {
    expect(evaluateConditions({ successCondition: success, failureCondition: failure }, result).phase).toBe(want);
  });

  it('names the condition that could not be evaluated, the success condition first', () => {
    expect(evaluateConditions({ successCondition: 'x', failureCondition: 'y' }, 1).message).toMatch(
      /^could not evaluate successCondition "x": unknown name x/,
    );
    expect(evaluateConditions({ failureCondition: 'y' }, 1).message).toMatch(/^could not evaluate failureCondition "y"/);
  });

  it('ends a condition that would take forever', () => {
    const successCondition = 'all(1..9000, {let x = #; all(1..9000, # > 0)})';
    expect(evaluateConditions({ successCondition }, 1)).toMatchObject({ phase: 'Error' });
  });
});

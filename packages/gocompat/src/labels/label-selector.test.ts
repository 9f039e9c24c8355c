import { describe, expect, it } from 'vitest';
import { ParseError } from '../parse-error.ts';
import { labelSelectorFrom, parseLabelSelector } from './label-selector.ts';

const labels = { app: 'web', tier: 'front', empty: '', size: '10', 'kargo.akuity.io/stage': 'test' };

describe('label selector text', () => {
  it.each([
    ['', true],
    ['   ', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web , tier=front', true],
    ['app=other', false],
    ['app!=other', true],
    ['missing!=x', true],
    ['app!=web', false],
    ['app', true],
    ['missing', false],
    ['!app', false],
    ['! missing', true],
    ['app in (web,api)', true],
    ['app in(api)', false],
    ['app notin (api)', true],
    ['missing notin (api)', true],
    ['empty in ()', true],
    ['app notin ()', true],
    ['empty=', true],
    ['empty in (,x)', true],
    ['app=,tier', false],
    ['size>9', true],
    ['size>10', false],
    ['size < 11', true],
    ['app>1', false],
    ['missing<1', false],
    ['kargo.akuity.io/stage=test', true],
    ['kargo.akuity.io/stage in (uat, test),!other', true],
    ['in=x', false],
    ['toString', false],
  ])('%j matches: %j', (text, want) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(want);
  });

  it.each([
    'a=b,',
    ',',
    'a=b c',
    'a in b',
    'a>-1',
    'a in (b',
    'a in (b c)',
    '=b',
    '!',
    '!a=b',
    'a>b',
    'a><1',
    'a=(b)',
    '-a=b',
    'a=-b',
    'a/b/c=d',
    'A.b/c=d',
    '/a=b',
    `a=${'x'.repeat(64)}`,
    `${'x'.repeat(64)}=a`,
  ])('refuses %j', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(ParseError);
  });

  it('prints what it parsed, sorted by key', () => {
    const text = 'z,a in (c,b),!y,b!=1,n>3,s notin (q,p),e=';
    expect(parseLabelSelector(text).toString()).toBe('a in (b,c),b!=1,e=,n>3,s notin (p,q),!y,z');
    expect(parseLabelSelector(parseLabelSelector(text).toString()).toString()).toBe(parseLabelSelector(text).toString());
  });
});

describe('label selector object', () => {
  it('selects nothing when absent, everything when empty', () => {
    expect(labelSelectorFrom(undefined).matches(labels)).toBe(false);
    expect(labelSelectorFrom(undefined).isNothing).toBe(true);
    expect(labelSelectorFrom({}).matches(labels)).toBe(true);
    expect(labelSelectorFrom({}).matches(undefined)).toBe(true);
  });

  it.each([
    [{ matchLabels: { app: 'web' } }, true],
    [{ matchLabels: { app: 'web', tier: 'back' } }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'Exists' }] }, true],
    [{ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'gone', operator: 'DoesNotExist' }] }, true],
  ])('%j matches: %j', (object, want) => {
    expect(labelSelectorFrom(object).matches(labels)).toBe(want);
  });

  it.each([
    [{ matchExpressions: [{ key: 'app', operator: 'In' }] }],
    [{ matchExpressions: [{ key: 'app', operator: 'Exists', values: ['x'] }] }],
    [{ matchExpressions: [{ key: 'app', operator: 'Gt', values: ['1'] }] }],
    [{ matchExpressions: [{ key: 'app', operator: 'constructor', values: ['1'] }] }],
    [{ matchLabels: { 'a b': 'c' } }],
  ])('refuses %j', (object) => {
    expect(() => labelSelectorFrom(object)).toThrow(ParseError);
  });
});

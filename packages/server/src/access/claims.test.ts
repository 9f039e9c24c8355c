import { describe, expect, it } from 'vitest';
import { claimsOf, claimTexts, withClaims } from './claims.ts';

describe('claims of a ServiceAccount', () => {
  it('are those of the annotation with JSON and of the older ones together', () => {
    const annotations = {
      'rbac.kargo.akuity.io/claims': '{"email":"a@b.c","groups":["x","y"],"level":3}',
      'rbac.kargo.akuity.io/claim.groups': 'y, z',
      'rbac.kargo.akuity.io/claim.sub': ' 1 ,',
    };
    expect(claimsOf({ annotations })).toEqual({ email: ['a@b.c'], groups: ['x', 'y', 'z'], sub: ['1'] });
  });

  it.each(['', '[]', '"x"', '{', 'null'])('are none where the annotation is %j', (text) => {
    expect(claimsOf({ annotations: { 'rbac.kargo.akuity.io/claims': text } })).toEqual({});
  });

  it('are written in the current form, sorted, and older forms go', () => {
    const before = { other: 'stays', 'rbac.kargo.akuity.io/claim.groups': 'old' };
    expect(withClaims(before, { groups: ['b', 'a', 'b'], empty: [] })).toEqual({
      other: 'stays',
      'rbac.kargo.akuity.io/claims': '{"groups":["a","b"]}',
    });
    expect(withClaims({ 'rbac.kargo.akuity.io/claims': '{}' }, {})).toEqual({});
  });
});

describe('claims of a token', () => {
  it('count where they are texts or lists of texts', () => {
    expect(claimTexts({ sub: 'a', groups: ['b'], exp: 5, mixed: ['a', 1], nested: { a: 'b' } })).toEqual({
      sub: ['a'],
      groups: ['b'],
    });
  });
});

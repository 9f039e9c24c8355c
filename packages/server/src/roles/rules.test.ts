import { allKinds } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { groupFinder, normalRules, withoutRules } from './rules.ts';

const KARGO = 'kargo.akuity.io';

describe('rules in normal form', () => {
  it('are for one group, resource and name each, sorted, without repetition', () => {
    const rules = normalRules([
      { apiGroups: [KARGO], resources: ['stages', 'freights'], verbs: ['list', 'get'] },
      { apiGroups: [KARGO], resources: ['stages'], verbs: ['get', 'watch'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['b', 'a'], verbs: ['get'] },
    ]);
    expect(rules).toEqual([
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['a'], verbs: ['get'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['b'], verbs: ['get'] },
      { apiGroups: [KARGO], resources: ['freights'], verbs: ['get', 'list'] },
      { apiGroups: [KARGO], resources: ['stages'], verbs: ['get', 'list', 'watch'] },
    ]);
  });

  it('keep wildcards when read, and spell verbs out when written', () => {
    const rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] };
    expect(normalRules([rule])).toEqual([rule]);
    expect(normalRules([rule], groupFinder(allKinds))[0]?.verbs).toEqual([
      'create',
      'delete',
      'deletecollection',
      'get',
      'list',
      'patch',
      'update',
      'watch',
    ]);
  });

  it('lose verbs, and go when none is left', () => {
    const held = normalRules([{ apiGroups: [KARGO], resources: ['stages', 'freights'], verbs: ['get', 'list'] }]);
    const gone = [{ apiGroups: [KARGO], resources: ['stages'], verbs: ['get', 'list', 'watch'] }];
    expect(withoutRules(held, gone)).toEqual([{ apiGroups: [KARGO], resources: ['freights'], verbs: ['get', 'list'] }]);
  });
});

describe('the group of a resource', () => {
  const groupOf = groupFinder(allKinds);
  it.each([
    ['stages', KARGO],
    ['freights/status', KARGO],
    ['secrets', ''],
    ['roles', 'rbac.authorization.k8s.io'],
  ])('%s is %j', (resource, group) => {
    expect(groupOf(resource)).toBe(group);
  });
  it.each([
    ['stage', '; did you mean "stages"?'],
    ['Stages', '; did you mean "stages"?'],
    ['things', ''],
  ])('%s is none', (resource, hint) => {
    expect(() => groupOf(resource)).toThrow(`unrecognized resource type ${JSON.stringify(resource)}${hint}`);
  });
});

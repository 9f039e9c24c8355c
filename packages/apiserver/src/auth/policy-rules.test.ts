import type { PolicyRule } from '@kargo/api';
import type { AccessAttributes } from '@kargo/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleAllows, ruleText, uncovered } from './policy-rules.ts';

const get = (resource: string, more: Partial<AccessAttributes> = {}): AccessAttributes => ({
  verb: 'get',
  group: '',
  resource,
  ...more,
});
const secrets: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] };

describe('a rule', () => {
  const cases: { name: string; rule: PolicyRule; attributes: AccessAttributes; allowed: boolean }[] = [
    { name: 'allows its verb on its resource', rule: secrets, attributes: get('secrets'), allowed: true },
    { name: 'does not allow another verb', rule: secrets, attributes: get('secrets', { verb: 'list' }), allowed: false },
    { name: 'does not allow another group', rule: secrets, attributes: get('secrets', { group: 'apps' }), allowed: false },
    { name: 'does not allow subresources', rule: secrets, attributes: get('secrets', { subresource: 'status' }), allowed: false },
    {
      name: 'allows a subresource it names',
      rule: { ...secrets, resources: ['pods/log'] },
      attributes: get('pods', { subresource: 'log' }),
      allowed: true,
    },
    {
      name: 'for a subresource is none for the resource',
      rule: { ...secrets, resources: ['pods/log'] },
      attributes: get('pods'),
      allowed: false,
    },
    {
      name: 'for a subresource of everything',
      rule: { ...secrets, resources: ['*/scale'] },
      attributes: get('deployments', { subresource: 'scale' }),
      allowed: true,
    },
    {
      name: 'for everything includes subresources',
      rule: { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      attributes: get('pods', { subresource: 'exec', group: 'x', verb: 'create' }),
      allowed: true,
    },
    {
      name: 'with names allows these',
      rule: { ...secrets, resourceNames: ['a'] },
      attributes: get('secrets', { name: 'a' }),
      allowed: true,
    },
    {
      name: 'with names allows no others',
      rule: { ...secrets, resourceNames: ['a'] },
      attributes: get('secrets', { name: 'b' }),
      allowed: false,
    },
    {
      name: 'with names allows nothing without a name',
      rule: { ...secrets, resourceNames: ['a'] },
      attributes: get('secrets'),
      allowed: false,
    },
    {
      name: 'for a path allows it',
      rule: { verbs: ['get'], nonResourceURLs: ['/version'] },
      attributes: { verb: 'get', path: '/version', group: '', resource: '' },
      allowed: true,
    },
    {
      name: 'for paths below one',
      rule: { verbs: ['get'], nonResourceURLs: ['/apis/*'] },
      attributes: { verb: 'get', path: '/apis/apps/v1', group: '', resource: '' },
      allowed: true,
    },
    {
      name: 'for resources is none for paths',
      rule: { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      attributes: { verb: 'get', path: '/version', group: '', resource: '' },
      allowed: false,
    },
    {
      name: 'for paths is none for resources',
      rule: { verbs: ['*'], nonResourceURLs: ['*'] },
      attributes: get('secrets'),
      allowed: false,
    },
  ];
  it.each(cases)('$name', ({ rule, attributes, allowed }) => {
    expect(ruleAllows(rule, attributes)).toBe(allowed);
  });
});

describe('who gives rules away', () => {
  const cases: { name: string; held: PolicyRule[]; wanted: PolicyRule[]; missing: string[] }[] = [
    { name: 'may give what they hold', held: [secrets], wanted: [secrets], missing: [] },
    {
      name: 'may give what several rules hold together',
      held: [secrets, { ...secrets, verbs: ['list'] }],
      wanted: [{ ...secrets, verbs: ['get', 'list'] }],
      missing: [],
    },
    {
      name: 'may not give more verbs',
      held: [secrets],
      wanted: [{ ...secrets, verbs: ['get', 'delete'] }],
      missing: ['{APIGroups:[""], Resources:["secrets"], Verbs:["delete"]}'],
    },
    {
      name: 'may not give all objects when they hold some',
      held: [{ ...secrets, resourceNames: ['a'] }],
      wanted: [secrets],
      missing: ['{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'],
    },
    {
      name: 'may give some objects when they hold all',
      held: [secrets],
      wanted: [{ ...secrets, resourceNames: ['a'] }],
      missing: [],
    },
    {
      name: 'may not give everything when they hold every verb of one resource',
      held: [{ verbs: ['*'], apiGroups: [''], resources: ['secrets'] }],
      wanted: [{ verbs: ['*'], apiGroups: [''], resources: ['*'] }],
      missing: ['{APIGroups:[""], Resources:["*"], Verbs:["*"]}'],
    },
    {
      name: 'may not give paths when they hold resources',
      held: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      wanted: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }],
      missing: ['{NonResourceURLs:["/metrics"], Verbs:["get"]}'],
    },
  ];
  it.each(cases)('$name', ({ held, wanted, missing }) => {
    expect(uncovered(held, wanted).map(ruleText)).toEqual(missing);
  });

  it('never gives a right they do not have, whatever the rules', () => {
    const some = (values: string[]): fc.Arbitrary<string[]> => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 });
    const rule = fc.record({
      verbs: some(['get', 'list', '*']),
      apiGroups: some(['', 'apps', '*']),
      resources: some(['pods', 'pods/log', '*/log', '*']),
      resourceNames: fc.oneof(fc.constant<string[]>([]), some(['a', 'b'])),
    });
    const request = fc.record({
      verb: fc.constantFrom('get', 'list', 'delete'),
      group: fc.constantFrom('', 'apps', 'batch'),
      resource: fc.constantFrom('pods', 'jobs'),
      subresource: fc.constantFrom(undefined, 'log', 'exec'),
      name: fc.constantFrom(undefined, 'a', 'b', 'c'),
    });
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), fc.array(rule, { maxLength: 3 }), request, (held, wanted, attributes) => {
        const allows = (rules: PolicyRule[]): boolean => rules.some((candidate) => ruleAllows(candidate, attributes));
        if (uncovered(held, wanted).length === 0 && allows(wanted)) expect(allows(held)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

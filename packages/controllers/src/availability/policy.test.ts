import type { ProjectConfig, PromotionPolicy } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aStage } from './fixtures.ts';
import { autoPromotionPolicy } from './policy.ts';

const config = (...promotionPolicies: PromotionPolicy[]): ProjectConfig => ({
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'ProjectConfig',
  metadata: { namespace: 'shop', name: 'shop' },
  spec: { promotionPolicies },
});
const stage = aStage('qa-eu', undefined, { metadata: { namespace: 'shop', name: 'qa-eu', labels: { tier: 'qa' } } });
const on = { autoPromotionEnabled: true };
const off = { autoPromotionEnabled: false };

describe('the auto-promotion policy of a Stage', () => {
  const cases: { name: string; config?: ProjectConfig; want: boolean }[] = [
    { name: 'off without ProjectConfig', want: false },
    { name: 'off without a match', config: config({ stage: 'prod', ...on }), want: false },
    { name: 'the deprecated exact name', config: config({ stage: 'qa-eu', ...on }), want: true },
    { name: 'the first match wins', config: config({ stage: 'qa-eu', ...on }, { stageSelector: {}, ...off }), want: true },
    { name: 'also when it says no', config: config({ stage: 'qa-eu', ...off }, { stageSelector: {}, ...on }), want: false },
    { name: 'an empty selector matches every Stage', config: config({ stageSelector: {}, ...on }), want: true },
    { name: 'a selector by exact name', config: config({ stageSelector: { name: 'qa-eu' }, ...on }), want: true },
    { name: 'a selector by other name', config: config({ stageSelector: { name: 'qa' }, ...on }), want: false },
    { name: 'regex, unanchored', config: config({ stageSelector: { name: 'regex:^qa-' }, ...on }), want: true },
    { name: 'regexp', config: config({ stageSelector: { name: 'regexp:-us$' }, ...on }), want: false },
    { name: 'glob', config: config({ stageSelector: { name: 'glob:qa-*' }, ...on }), want: true },
    { name: 'labels alone', config: config({ stageSelector: { matchLabels: { tier: 'qa' } }, ...on }), want: true },
    {
      name: 'name and labels must both match',
      config: config({ stageSelector: { name: 'qa-eu', matchLabels: { tier: 'x' } }, ...on }),
      want: false,
    },
    {
      name: 'label expressions',
      config: config({ stageSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['qa'] }] }, ...on }),
      want: true,
    },
    {
      name: 'a mistake behind the match does no harm',
      config: config({ stage: 'qa-eu', ...on }, { stageSelector: { name: 'regex:(' } }),
      want: true,
    },
  ];
  it.each(cases)('$name', (given) => expect(autoPromotionPolicy(given.config, stage).enabled).toBe(given.want));

  it.each<PromotionPolicy>([
    { stageSelector: { name: 'regex:(' }, ...on },
    { stageSelector: { name: 'glob:[' }, ...on },
    { stageSelector: { matchExpressions: [{ key: 'a', operator: 'Near' }] }, ...on },
  ])('a mistake before any match is an error that names the place: %j', (policy) => {
    expect(() => autoPromotionPolicy(config(policy), stage)).toThrow(/spec\.promotionPolicies\[0\] of ProjectConfig shop/);
  });
});

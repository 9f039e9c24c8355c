import { providers } from '@kargo/analysis';
import { expect, it } from 'vitest';
import { METRIC_PROVIDERS } from '../../packages/ui/src/schemas/metric-providers.ts';

it('the dashboard has a form for every provider of metrics that the engine has', () => {
  expect(Object.keys(METRIC_PROVIDERS).toSorted()).toEqual(providers.map(({ name }) => name).toSorted());
});

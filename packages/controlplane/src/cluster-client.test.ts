import { expect, it } from 'vitest';
import { budgetOf } from './cluster-client.ts';

it.each<{ name: string; env: Record<string, string>; want: object }>([
  { name: 'the usual one', env: {}, want: { perSecond: 50, burst: 300 } },
  { name: 'what is asked for', env: { KUBE_API_QPS: '0.5', KUBE_API_BURST: '10' }, want: { perSecond: 0.5, burst: 10 } },
  {
    name: 'the usual one for what is no number',
    env: { KUBE_API_QPS: 'fast', KUBE_API_BURST: '-1' },
    want: { perSecond: 50, burst: 300 },
  },
])('the budget of requests is $name', ({ env, want }) => expect(budgetOf(env)).toEqual(want));

import type { Freight, Stage } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { groupOf, newIn, sinceOf, sourcesOf, stageGroups } from './narrowing.ts';

const stage = (name: string, labels: Record<string, string> = {}): Stage => ({ metadata: { name, labels } }) as unknown as Stage;
const freight = (tag: string, commit: string): Freight =>
  ({ images: [{ repoURL: 'reg/app', tag }], commits: [{ repoURL: 'git/config', id: commit }] }) as unknown as Freight;

describe('narrowing lists down', () => {
  it('goes back as far as a range says', () => {
    expect(['1h', '24h', 'nonsense', null].map((range) => sinceOf(range, 86_400_000))).toEqual([
      82_800_000,
      0,
      undefined,
      undefined,
    ]);
  });

  it('has groups of stages by labels and by how names begin, and finds them again by what is in the address', () => {
    const stages = [
      stage('prod-eu', { tier: 'prod', 'kargo.akuity.io/shard': 'far' }),
      stage('prod-us', { tier: 'prod' }),
      stage('prod-ap'),
      stage('qa-1'),
      stage('test'),
    ];
    expect(stageGroups(stages).map(({ value }) => value)).toEqual(['tier=prod', 'prod-*']);
    for (const { value, has } of stageGroups(stages))
      expect(stages.filter((each) => groupOf(value)?.has(each))).toEqual(stages.filter(has));
    expect(stages.filter((each) => groupOf('tier=prod')?.has(each))).toHaveLength(2);
    expect(groupOf('')).toBeUndefined();
  });

  it('finds freight that brought something new from a repository', () => {
    const all = [freight('2', 'b'), freight('2', 'a'), freight('1', 'a')];
    expect(sourcesOf(all)).toEqual(['git/config', 'reg/app']);
    expect(newIn('reg/app', all)).toEqual([all[1], all[2]]);
    expect(newIn('git/config', all)).toEqual([all[0], all[2]]);
    expect(newIn('elsewhere', all)).toEqual([]);
  });
});

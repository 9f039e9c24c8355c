import type { DiscoveredImageReference, ImageSubscription } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { decideDiscovery } from './decide-discovery.ts';
import { SubscriptionError } from './discovery-error.ts';
import { Outside } from './testing/warehouse-world.ts';
import { discoverGit, isSame } from './git/discover-git.ts';
import { shortSubject } from './git/short-subject.ts';
import { discoverImage } from './image/discover-image.ts';
import { tagFilter, versionTags } from './tag-rules.ts';

const credentials = { find: () => Promise.resolve(undefined) };
const { signal } = new AbortController();
const R = 'ghcr.io/acme/web';

async function tags(outside: Outside, more: Partial<ImageSubscription>): Promise<string[]> {
  const { registries } = outside;
  const subscription = { repoURL: R, ...more };
  const { image } = await discoverImage(
    { registries, credentials },
    { project: 'shop', name: undefined, subscription, confirm: 'thorough', signal },
  );
  return (image.references ?? []).map(({ tag }: DiscoveredImageReference) => tag);
}

describe('image strategies', () => {
  const outside = new Outside();
  outside.pushImage(R, '1.2.0', { createdAt: '2026-01-03T00:00:00Z' });
  outside.pushImage(R, 'v1.10.0', {
    createdAt: '2026-01-01T00:00:00Z',
    platforms: [{ os: 'linux', architecture: 'arm64', variant: 'v8' }],
  });
  outside.pushImage(R, '1.3', { createdAt: '2026-01-02T00:00:00Z' });
  outside.pushImage(R, 'latest', { createdAt: '2026-01-04T00:00:00Z' });
  outside.pushImage(R, '2.0.0-rc.1');

  it.each<[string, Partial<ImageSubscription>, string[]]>([
    ['SemVer is the default, strictly', {}, ['2.0.0-rc.1', 'v1.10.0', '1.2.0']],
    ['SemVer leniently', { strictSemvers: false }, ['2.0.0-rc.1', 'v1.10.0', '1.3', '1.2.0']],
    ['SemVer within a constraint', { constraint: '>=1.0.0' }, ['v1.10.0', '1.2.0']],
    ['SemVer up to the limit', { discoveryLimit: 1, constraint: '^1.0.0' }, ['v1.10.0']],
    ['the limit counts images of the platform', { discoveryLimit: 1, platform: 'linux/amd64', constraint: '^1.0.0' }, ['1.2.0']],
    ['a platform without its usual variant', { platform: 'linux/arm64' }, ['v1.10.0']],
    ['Lexical', { imageSelectionStrategy: 'Lexical', discoveryLimit: 2 }, ['v1.10.0', 'latest']],
    [
      'Lexical with patterns, ignoring wins',
      { imageSelectionStrategy: 'Lexical', allowTagsRegexes: ['^1', '^v'], ignoreTagsRegexes: ['^v'] },
      ['1.3', '1.2.0'],
    ],
    ['NewestBuild', { imageSelectionStrategy: 'NewestBuild', discoveryLimit: 3 }, ['latest', '1.2.0', '1.3']],
    ['Digest', { imageSelectionStrategy: 'Digest', constraint: 'latest' }, ['latest']],
    ['Digest of a tag that is not there', { imageSelectionStrategy: 'Digest', constraint: 'edge' }, []],
  ])('%s', async (_, more, want) => {
    expect(await tags(outside, more)).toEqual(want);
  });

  it.each<[string, Partial<ImageSubscription>]>([
    ['a bad pattern', { allowTagsRegexes: ['('] }],
    ['a bad constraint', { constraint: 'x.y.z.w' }],
    ['a removed field', { allowTags: 'x' }],
    ['Digest without a tag', { imageSelectionStrategy: 'Digest' }],
    ['a bad platform', { platform: 'linux' }],
  ])('%s is the author’s to fix', async (_, more) => {
    await expect(tags(outside, more)).rejects.toThrow(SubscriptionError);
  });
});

describe('commits', () => {
  const U = 'https://github.com/acme/config';

  it('history is read further until enough commits pass the filter', async () => {
    const outside = new Outside();
    for (let i = 0; i < 30; i += 1) outside.pushCommit(U, `c${i}`, `2026-01-${String(i + 1).padStart(2, '0')}T00:00:00Z`);
    const subscription = { repoURL: U, discoveryLimit: 5, since: '2026-01-28T00:00:00Z' };
    const found = await discoverGit(
      { git: outside.git, credentials },
      { project: 'shop', name: undefined, subscription, previous: undefined, signal },
    );
    expect(found.commits?.map(({ subject }) => subject)).toEqual(['c29', 'c28', 'c27']);
    expect(outside.takeCalls().slice(1)).toEqual([5, 10, 20].map((limit) => `commits ${U} ${limit}`));
  });

  it('long subjects are cut between characters', () => {
    expect(shortSubject('short\nbody')).toBe('short');
    expect(shortSubject('x'.repeat(81))).toBe(`${'x'.repeat(77)}...`);
    expect(shortSubject('é'.repeat(41))).toBe(`${'é'.repeat(38)}...`);
  });

  it('references are the same if kind, head and tags are', () => {
    expect(isSame({ branchHead: 'a' }, { branchHead: 'a' })).toBe(true);
    expect(isSame({ branchHead: 'a' }, { branchHead: 'b' })).toBe(false);
    expect(isSame({ tags: [{ name: 't', id: '1' }] }, { tags: [{ name: 't', id: '1' }] })).toBe(true);
    expect(isSame({ tags: [{ name: 't', id: '1' }] }, { tags: [{ name: 't', id: '2' }] })).toBe(false);
    expect(isSame({ branchHead: 'a' }, { tags: [] })).toBe(false);
    expect(isSame(undefined, undefined)).toBe(false);
  });
});

describe('tags', () => {
  it('of equal versions the greater text comes first', () => {
    expect(versionTags(['v1.0.0', '1.0.0', '1.0.0+b'], { strict: true, field: 'f' })).toEqual(['v1.0.0', '1.0.0+b', '1.0.0']);
  });

  it('without patterns all count', () => {
    expect(['a', 'b'].filter(tagFilter({}))).toEqual(['a', 'b']);
  });
});

describe('when to look', () => {
  const at = Date.parse('2026-01-01T10:00:00Z');
  const base = {
    apiVersion: 'v',
    kind: 'Warehouse',
    metadata: { name: 'app', generation: 2, annotations: { 'kargo.akuity.io/refresh': 't' } },
    spec: { interval: '5m', subscriptions: [] },
    status: { observedGeneration: 2, lastHandledRefresh: 't', discoveredArtifacts: { discoveredAt: '2026-01-01T09:58:00Z' } },
  };

  it.each([
    ['not before the interval has passed', base, 0, { kind: 'wait', until: at + 180_000 }],
    ['when it has', { ...base, spec: { interval: '2m', subscriptions: [] } }, 0, { kind: 'discover', why: 'IntervalElapsed' }],
    [
      'not before the least interval',
      { ...base, spec: { interval: '2m', subscriptions: [] } },
      240_000,
      { kind: 'wait', until: at + 120_000 },
    ],
    ['when nothing was found yet', { ...base, status: {} }, 0, { kind: 'discover', why: 'NothingDiscovered' }],
    [
      'when the spec has changed',
      { ...base, metadata: { ...base.metadata, generation: 3 } },
      0,
      { kind: 'discover', why: 'SpecChanged' },
    ],
    [
      'when a refresh is pending',
      { ...base, status: { ...base.status, lastHandledRefresh: 's' } },
      0,
      { kind: 'discover', why: 'RefreshRequested' },
    ],
  ])('%s', (_, warehouse, minimum, want) => {
    expect(decideDiscovery(warehouse, at, minimum)).toEqual(want);
  });
});

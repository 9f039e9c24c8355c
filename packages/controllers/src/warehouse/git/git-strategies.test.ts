import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitDiscovery, GitSubscription } from '@kargo/api';
import { realGit, realProcesses, type Git } from '@kargo/integrations';
import { startGitServer, type GitServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SubscriptionError } from '../discovery-error.ts';
import { discoverGit } from './discover-git.ts';

const NAME = 'config';
const DAY = 24 * 3600 * 1000;
const START = Date.parse('2026-01-01T00:00:00Z');

let folder: string;
let server: GitServer;
let git: Git;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strategies-'));
  server = await startGitServer();
  url = await server.createRepository(NAME);
  git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'mirrors') });
  const commit = (day: number, message: string, files: Record<string, string | null>, author = 'Ann') =>
    server.commit(NAME, {
      message,
      files,
      date: START + day * DAY,
      author: { name: author, email: `${author.toLowerCase()}@example.com` },
    });
  const tagger = { name: 'Tess', email: 'tess@example.com' };
  await commit(0, 'one', { 'charts/web/values.yaml': '1' });
  await server.tag(NAME, 'v1.0.0', 'main');
  await commit(1, 'two', { 'charts/api/values.yaml': '1', 'README.md': '1' }, 'Bob');
  await server.tag(NAME, '1.1', 'main');
  await commit(2, 'three', { 'README.md': '2' });
  await server.tag(NAME, 'nightly', 'main', { message: 'Nightly\n\nof today', tagger, date: START + 9 * DAY });
  await commit(3, 'move web', { 'charts/web/values.yaml': null, 'charts/site/values.yaml': '1' });
  await server.tag(NAME, 'v2.0.0-rc.1', 'main', { message: 'Candidate', tagger, date: START + 3 * DAY });
  await commit(4, 'five', { 'docs/deep/er/guide.md': '1' }, 'Bob');
  await server.tag(NAME, 'v1.10.0', 'main');
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const look = (more: Partial<GitSubscription>, previous?: GitDiscovery): Promise<GitDiscovery> =>
  discoverGit(
    { git, credentials: { find: async () => undefined } },
    { project: 'shop', name: undefined, subscription: { repoURL: url, ...more }, previous, signal: new AbortController().signal },
  );
const tags = async (more: Partial<GitSubscription>): Promise<(string | undefined)[]> =>
  ((await look(more)).commits ?? []).map(({ tag }) => tag);
const subjects = async (more: Partial<GitSubscription>): Promise<(string | undefined)[]> =>
  ((await look(more)).commits ?? []).map(({ subject }) => subject);

describe('commits by their tags', () => {
  it.each<[string, Partial<GitSubscription>, string[]]>([
    ['SemVer, strictly', { commitSelectionStrategy: 'SemVer' }, ['v2.0.0-rc.1', 'v1.10.0', 'v1.0.0']],
    [
      'SemVer, leniently',
      { commitSelectionStrategy: 'SemVer', strictSemvers: false },
      ['v2.0.0-rc.1', 'v1.10.0', '1.1', 'v1.0.0'],
    ],
    ['SemVer within a constraint', { commitSelectionStrategy: 'SemVer', semverConstraint: '^1.0.0' }, ['v1.10.0', 'v1.0.0']],
    ['SemVer up to the limit', { commitSelectionStrategy: 'SemVer', discoveryLimit: 1 }, ['v2.0.0-rc.1']],
    ['Lexical', { commitSelectionStrategy: 'Lexical' }, ['v2.0.0-rc.1', 'v1.10.0', 'v1.0.0', 'nightly', '1.1']],
    ['NewestTag', { commitSelectionStrategy: 'NewestTag' }, ['nightly', 'v1.10.0', 'v2.0.0-rc.1', '1.1', 'v1.0.0']],
    [
      'patterns, of which those that ignore win',
      { commitSelectionStrategy: 'Lexical', allowTagsRegexes: ['^v', '^1'], ignoreTagsRegexes: ['rc'] },
      ['v1.10.0', 'v1.0.0', '1.1'],
    ],
    [
      'an expression over the tag',
      { commitSelectionStrategy: 'NewestTag', expressionFilter: 'tag startsWith "v1"' },
      ['v1.10.0', 'v1.0.0'],
    ],
    [
      'an expression over annotation and tagger',
      { commitSelectionStrategy: 'NewestTag', expressionFilter: 'annotation contains "today" && tagger contains "Tess"' },
      ['nightly'],
    ],
    [
      'an expression over the time of the tag',
      { commitSelectionStrategy: 'NewestTag', expressionFilter: 'creatorDate.Day() > 4' },
      ['nightly', 'v1.10.0'],
    ],
    [
      'an expression over the commit',
      { commitSelectionStrategy: 'Lexical', expressionFilter: 'author contains "bob@"' },
      ['v1.10.0', '1.1'],
    ],
    ['path rules', { commitSelectionStrategy: 'Lexical', includePaths: ['charts'] }, ['v2.0.0-rc.1', 'v1.0.0', '1.1']],
  ])('%s', async (_, more, want) => {
    expect(await tags(more)).toEqual(want);
  });

  it('are told with the time of the tag and the authors of the commit', async () => {
    const { commits, observedRefs } = await look({ commitSelectionStrategy: 'NewestTag', discoveryLimit: 1 });
    const { tags: all } = await git.remoteRefs({ url });
    expect(commits).toEqual([
      {
        id: all.get('nightly'),
        tag: 'nightly',
        subject: 'three',
        author: 'Ann <ann@example.com>',
        committer: 'Ann <ann@example.com>',
        creatorDate: '2026-01-10T00:00:00Z',
      },
    ]);
    expect(observedRefs?.tags?.map(({ name }) => name)).toEqual(['1.1', 'nightly', 'v1.0.0', 'v1.10.0', 'v2.0.0-rc.1']);
  });

  it('are not looked for again while the tags stay as they are', async () => {
    const first = await look({ commitSelectionStrategy: 'SemVer' });
    const before = server.requests.length;
    expect(await look({ commitSelectionStrategy: 'SemVer' }, first)).toEqual(first);
    expect(server.requests.slice(before).filter(({ phase }) => phase === 'advertise')).toHaveLength(1);
  });
});

describe('commits by the paths they changed', () => {
  it.each<[string, Partial<GitSubscription>, string[]]>([
    ['a folder', { includePaths: ['charts'] }, ['move web', 'two', 'one']],
    ['a folder, written otherwise', { includePaths: ['./charts/web/'] }, ['move web', 'one']],
    ['a file', { includePaths: ['README.md'] }, ['three', 'two']],
    ['only whole names', { includePaths: ['chart', 'README'] }, []],
    ['both sides of a renaming', { includePaths: ['charts/site'] }, ['move web']],
    ['a glob', { includePaths: ['glob:**/*.md'] }, ['five', 'three', 'two']],
    ['a glob of one level', { includePaths: ['glob:*.md'] }, ['three', 'two']],
    ['a regular expression', { includePaths: ['regex:^charts/(web|api)/'] }, ['move web', 'two', 'one']],
    ['its other name', { includePaths: ['regexp:guide'] }, ['five']],
    ['all but', { excludePaths: ['charts', 'docs'] }, ['three', 'two']],
    ['within, but not', { includePaths: ['charts'], excludePaths: ['glob:charts/web/**'] }, ['move web', 'two']],
    ['up to the limit, however far back', { includePaths: ['charts/api'], discoveryLimit: 1 }, ['two']],
    ['and since', { includePaths: ['README.md'], since: '2026-01-03T00:00:00Z' }, ['three']],
    ['and an expression', { includePaths: ['README.md'], expressionFilter: 'author startsWith "Bob"' }, ['two']],
    ['no rules', {}, ['five', 'move web', 'three', 'two', 'one']],
  ])('%s', async (_, more, want) => {
    expect(await subjects(more)).toEqual(want);
  });
});

describe('a subscription to commits', () => {
  it.each<[string, Partial<GitSubscription>]>([
    ['a bad constraint', { commitSelectionStrategy: 'SemVer', semverConstraint: 'x.y.z.w' }],
    ['a bad pattern', { commitSelectionStrategy: 'Lexical', allowTagsRegexes: ['('] }],
    ['a removed field', { commitSelectionStrategy: 'Lexical', allowTags: 'x' }],
    ['a bad glob', { includePaths: ['glob:['] }],
    ['a bad regular expression', { excludePaths: ['regex:('] }],
    ['a bad expression', { expressionFilter: 'id ==' }],
    ['an expression without truth', { commitSelectionStrategy: 'NewestTag', expressionFilter: 'tag' }],
  ])('with %s is the author’s to fix', async (_, more) => {
    await expect(look(more)).rejects.toThrow(SubscriptionError);
  });
});

import type { Freight, Stage, Warehouse } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { choicesOf, foundBy, freightOfChoices } from './assembly.ts';
import type { Cell } from './cells.ts';
import { compareFreight } from './compare.ts';
import { freightMatches, stageMatches, wordsOf } from './filter.ts';
import { descendantsOf, graphOf } from './graph.ts';
import { commonName, groupCellOf, unitsOf } from './groups.ts';
import { silentOf, withoutPretence } from '../features/pipeline/use-silence.ts';
import { silences } from './headline.ts';
import { indexFreight } from './freight-index.ts';
import { mindChangers } from './mind-changers.ts';
import { matrixOf, repositoriesIn } from './image-matrix.ts';
import { commitLink, compareLink, imageLink, webAddress } from './links.ts';
import { overviewOf } from './overview.ts';
import { rowsOf } from './rows.ts';
import { lookOfStage } from './state.ts';
import { subscriptionsOf } from './subscriptions.ts';

const API = 'kargo.akuity.io/v1alpha1';
const NOW = Date.parse('2026-03-04T12:00:00Z');

const stage = (name: string, upstreams: readonly string[] = [], status: Stage['status'] = { phase: 'Steady' }): Stage => ({
  apiVersion: API,
  kind: 'Stage',
  metadata: { name },
  spec: {
    requestedFreight: [
      {
        origin: { kind: 'Warehouse', name: 'web' },
        sources: upstreams.length === 0 ? { direct: true } : { stages: [...upstreams] },
      },
    ],
    promotionTemplate: { spec: { steps: [{ uses: 'git-clone' }] } },
  },
  status,
});

const freight = (name: string, minutesAgo: number, more: Partial<Freight> = {}): Freight => ({
  apiVersion: API,
  kind: 'Freight',
  metadata: { name },
  alias: `alias-${name}`,
  origin: { kind: 'Warehouse', name: 'web' },
  discoveredAt: new Date(NOW - minutesAgo * 60_000).toISOString(),
  images: [{ repoURL: 'ghcr.io/acme/web', tag: `1.${name}` }],
  ...more,
});

describe('what stands in a column of the board', () => {
  const many = (count: number, upstream: (n: number) => string): Stage[] =>
    Array.from({ length: count }, (_, n) => stage(`prod-${n}`, [upstream(n)]));
  it.each<[string, Stage[], (string | undefined)[]]>([
    ['a few, each by itself', many(3, () => 'uat'), ['prod-0', 'prod-1', 'prod-2']],
    ['four that take the same, as one', many(4, () => 'uat'), ['prod: 4']],
    ['six that differ, each by itself', many(6, (n) => `uat-${n}`), ['prod-0', 'prod-1', 'prod-2', 'prod-3', 'prod-4', 'prod-5']],
    ['more that differ than fit, as one', many(7, (n) => `uat-${n}`), ['prod: 7']],
    ['many groups, as one', many(100, (n) => `uat-${n % 10}`), ['prod: 100']],
    ['a group beside one that differs', [...many(5, () => 'uat'), stage('canary', ['test'])], ['prod: 5', 'canary']],
  ])('%s', (_name, column, want) => {
    const told = unitsOf(column).map((unit) =>
      unit.kind === 'stage' ? unit.stage.metadata.name : `${unit.label}: ${unit.stages.length}`,
    );
    expect(told).toEqual(want);
  });

  it.each<[string[], string]>([
    [['prod-eu', 'prod-us'], 'prod'],
    [['eu-prod', 'us-prod'], 'prod'],
    [['a', 'b'], ''],
    [['prod', 'prod-us'], 'prod'],
  ])('%j have %j in common', (all, want) => {
    expect(commonName(all)).toBe(want);
  });

  const cell = (word: string, here = false): Cell => ({
    shape: 'check',
    tone: here ? 'ok' : 'idle',
    word,
    here,
    promote: false,
    approve: false,
  });
  it.each<[string, Cell[], string]>([
    ['all verified', [cell('Verified'), cell('Verified')], 'Verified in all 2'],
    ['all wait for one stage', [cell('After uat'), cell('After uat')], 'After uat'],
    ['all wait for stages of one name', [cell('After uat-1'), cell('After uat-2')], 'After uat'],
    ['mixed', [cell('Verified'), cell('Verified'), cell('After uat')], 'Verified in 2 of 3'],
    ['some are there', [cell('Running', true), cell('After uat')], 'Running in 1, After uat'],
  ])('says of freight in a group: %s', (_name, cells, want) => {
    expect(groupCellOf(cells.map((each, n) => ({ stage: stage(`s${n}`), cell: each }))).label).toBe(want);
  });
});

describe('the rows of the timeline', () => {
  it('have a heading for each day but today, and fold away what is old and not in use', () => {
    const all = Array.from({ length: 60 }, (_, n) =>
      freight(`${n}`, n * 60, n === 55 ? { status: { currentlyIn: { prod: {} } } } : {}),
    );
    const rows = rowsOf(all, { all: false, now: NOW });
    expect(rows.filter(({ kind }) => kind === 'freight')).toHaveLength(51);
    expect(rows.at(-1)).toMatchObject({ kind: 'older', count: 9 });
    expect(rows[0]?.kind).toBe('freight');
    expect(rows.flatMap((row) => (row.kind === 'day' ? [row.label] : []))[0]).toBe('Yesterday');
    expect(rowsOf(all, { all: true, now: NOW }).filter(({ kind }) => kind === 'freight')).toHaveLength(60);
  });
});

describe('looking for something', () => {
  const prod = stage('prod-eu', ['uat'], {
    phase: 'Failed',
    freightHistory: [{ id: 'c', items: { 'Warehouse/web': { name: 'f', images: [{ tag: '2.1.0' }] } } }],
  });
  it.each<[string, boolean]>([
    ['prod', true],
    ['EU failed', true],
    ['2.1.0', true],
    ['web prod', true],
    ['steady', false],
    ['', true],
  ])('finds the stage by %j: %s', (text, want) => {
    expect(stageMatches(prod, wordsOf(text))).toBe(want);
  });
  it.each<[string, boolean]>([
    ['alias-7', true],
    ['acme 1.7', true],
    ['other', false],
  ])('finds the freight by %j: %s', (text, want) => {
    expect(freightMatches(freight('7', 0), wordsOf(text))).toBe(want);
  });
});

describe('the graph', () => {
  const warehouse = {
    apiVersion: API,
    kind: 'Warehouse',
    metadata: { name: 'web' },
    spec: { subscriptions: [{ image: { repoURL: 'ghcr.io/acme/web' } }] },
  } as Warehouse;
  const control: Stage = {
    ...stage('gate', ['test']),
    spec: { requestedFreight: stage('gate', ['test']).spec.requestedFreight },
  };
  const stages = [stage('prod', ['gate', 'gone']), control, stage('test')];
  it('has a node for each thing and an edge for each way, none to what does not exist', () => {
    const { nodes, edges } = graphOf([warehouse], stages, { sources: true });
    expect(nodes.map(({ id, kind }) => `${kind}: ${id}`)).toEqual([
      'warehouse: warehouse web',
      'source: source web 0',
      'control: stage gate',
      'stage: stage prod',
      'stage: stage test',
    ]);
    expect(edges.map(({ from, to }) => `${from} → ${to}`).toSorted()).toEqual([
      'source web 0 → warehouse web',
      'stage gate → stage prod',
      'stage test → stage gate',
      'warehouse web → stage test',
    ]);
  });
  it('leaves out what is behind a folded stage', () => {
    expect([...descendantsOf(stages, ['test'])].toSorted()).toEqual(['gate', 'prod']);
    expect(
      graphOf([warehouse], stages, { sources: false, hidden: descendantsOf(stages, ['gate']) }).nodes.map(({ name }) => name),
    ).toEqual(['web', 'gate', 'test']);
  });
  it('is not caught by stages that take from each other', () => {
    expect([...descendantsOf([stage('a', ['b']), stage('b', ['a'])], ['a'])].toSorted()).toEqual(['a', 'b']);
  });
});

describe('comparing freight', () => {
  it('says of each artifact what became of it, changes first, with the commits between', () => {
    const repoURL = 'https://github.com/acme/web.git';
    const differences = compareFreight(
      {
        images: [
          { repoURL: 'a', tag: '1' },
          { repoURL: 'b', tag: '1' },
        ],
        commits: [{ repoURL, id: 'a'.repeat(40) }],
      },
      {
        images: [
          { repoURL: 'a', tag: '1' },
          { repoURL: 'c', tag: '1' },
        ],
        commits: [{ repoURL, id: 'b'.repeat(40) }],
      },
    );
    expect(differences.map(({ what, change }) => `${what} ${change}`)).toEqual([
      `${repoURL} changed`,
      'c new',
      'b removed',
      'a unchanged',
    ]);
    expect(differences[0]?.range).toBe(`https://github.com/acme/web/compare/${'a'.repeat(40)}...${'b'.repeat(40)}`);
  });
});

describe('links out of here', () => {
  it.each<[string, string | undefined]>([
    ['nginx', 'https://hub.docker.com/_/nginx'],
    ['docker.io/library/nginx', 'https://hub.docker.com/_/nginx'],
    ['acme/web', 'https://hub.docker.com/r/acme/web'],
    ['public.ecr.aws/nginx/nginx', 'https://gallery.ecr.aws/nginx/nginx'],
    ['123.dkr.ecr.eu-west-1.amazonaws.com/web', 'https://eu-west-1.console.aws.amazon.com/ecr/repositories/private/123/web'],
    ['ghcr.io/acme/web', 'https://ghcr.io/acme/web'],
    ['//evil.example.org/x y', undefined],
    ['', undefined],
  ])('of the image %j: %s', (repository, want) => {
    expect(imageLink(repository)).toBe(want);
  });
  it.each<[string, string | undefined]>([
    ['https://github.com/acme/web.git', 'https://github.com/acme/web'],
    ['https://user:secret@github.com/acme/web', 'https://github.com/acme/web'],
    ['git@gitlab.acme.io:group/web.git', 'https://gitlab.acme.io/group/web'],
    ['ssh://git@git.acme.io:2222/group/web.git', 'https://git.acme.io/group/web'],
    ['git@ssh.dev.azure.com:v3/org/project/web', 'https://dev.azure.com/org/project/_git/web'],
    ['javascript:alert(1)', undefined],
    ['file:///etc/passwd', undefined],
  ])('of the repository %j: %s', (repository, want) => {
    expect(webAddress(repository)).toBe(want);
  });
  it('of commits and of what is between two, as each host has them', () => {
    expect(commitLink('https://gitlab.com/a/b', 'abc')).toBe('https://gitlab.com/a/b/-/commit/abc');
    expect(compareLink('https://bitbucket.org/a/b', 'x', 'y')).toBe('https://bitbucket.org/a/b/branches/compare/y..x');
    expect(compareLink('https://github.com/a/b', 'x', 'x')).toBeUndefined();
  });
});

describe('freight by hand', () => {
  const status = {
    discoveredArtifacts: {
      images: [
        {
          repoURL: 'ghcr.io/acme/web',
          references: [
            { tag: '2', digest: 'sha256:2' },
            { tag: '1', digest: 'sha256:1' },
          ],
        },
      ],
      git: [
        {
          repoURL: 'https://git.acme.io/web',
          subscriptionName: 'config',
          commits: [{ id: 'abc', branch: 'main', subject: 'Say it' }],
        },
      ],
      charts: [{ repoURL: 'oci://ghcr.io/acme/charts', versions: ['1.0.0'] }],
      results: [{ name: 'notes', artifactReferences: [{ subscriptionName: 'notes', version: 'v7' }] }],
    },
  };
  it('is of one thing of each that was found', () => {
    const chosen = foundBy(status).flatMap(({ choices }) => choices[0] ?? []);
    expect(freightOfChoices('shop', 'web', 'by-hand', chosen)).toMatchObject({
      metadata: { namespace: 'shop' },
      alias: 'by-hand',
      origin: { kind: 'Warehouse', name: 'web' },
      images: [{ repoURL: 'ghcr.io/acme/web', tag: '2', digest: 'sha256:2' }],
      commits: [{ repoURL: 'https://git.acme.io/web', id: 'abc', branch: 'main', message: 'Say it', subscriptionName: 'config' }],
      charts: [{ repoURL: 'oci://ghcr.io/acme/charts', version: '1.0.0' }],
      artifacts: [{ subscriptionName: 'notes', version: 'v7' }],
    });
  });
  it('begins with what other freight is made of, and knows what is not found any more', () => {
    const before = choicesOf(foundBy(status), {
      images: [{ repoURL: 'ghcr.io/acme/web', tag: '1', digest: 'sha256:1' }],
      charts: [{ repoURL: 'oci://ghcr.io/acme/charts', version: '0.9.0' }],
    });
    expect([...before.values()].map((choice) => choice?.label)).toEqual(['1', undefined, undefined, undefined]);
  });
  it('shows subscriptions of every kind, and unusual ones as they are', () => {
    const sources = subscriptionsOf({
      spec: {
        interval: '5m',
        subscriptions: [
          { image: { repoURL: 'nginx', constraint: '^1' } },
          { git: { repoURL: 'https://g/x', branch: 'main' } },
          { chart: { repoURL: 'https://c', name: 'web' } },
          { name: 'notes', blob: { url: 'x' } },
          {},
        ],
      },
    });
    expect(sources.map(({ kind, repository, constraint }) => `${kind} ${repository} ${constraint}`.trim())).toEqual([
      'image nginx ^1',
      'git https://g/x main',
      'chart https://c web',
      'artifact notes',
      'artifact',
    ]);
  });
});

describe('images by stage', () => {
  const runs = (...tags: string[]): Stage['status'] => ({
    freightHistory: tags.map((tag, n) => ({
      id: `${n}`,
      items: { 'Warehouse/web': { images: [{ repoURL: 'acme/web', tag }] } },
    })),
  });
  const stages = [stage('prod', [], runs('1.9.0', '1.10.0')), stage('test', [], runs('1.10.0')), stage('none')];
  it('says where each tag is in the history of each stage, newest tag first', () => {
    expect(repositoriesIn(stages)).toEqual(['acme/web']);
    const { tags, columns } = matrixOf(stages, 'acme/web', { history: true });
    expect(columns).toEqual(['prod', 'test']);
    expect(tags.map(({ tag, places }) => [tag, Object.fromEntries(places)])).toEqual([
      ['1.10.0', { prod: [2], test: [1] }],
      ['1.9.0', { prod: [1] }],
    ]);
    expect(matrixOf(stages, 'acme/web', { history: false }).tags.map(({ tag }) => tag)).toEqual(['1.10.0', '1.9.0']);
  });
});

describe('a project in one line', () => {
  const runs = (name: string): Stage['status'] => ({
    phase: 'Steady',
    freightHistory: [{ id: 'c', items: { 'Warehouse/web': { name } } }],
  });
  it.each<[string, Stage[], Freight[], string, boolean]>([
    ['failed', [stage('test', [], { phase: 'Failed' })], [], 'test failed', true],
    ['waits for somebody', [stage('test')], [freight('1', 0)], 'alias-1 is ready for test', true],
    ['is where it can be', [stage('test', [], runs('1'))], [freight('1', 0)], 'All 1 stages on alias-1', false],
    ['has nothing yet', [stage('test')], [], 'No freight yet', false],
    ['is empty', [], [], 'No stages yet', false],
  ])('%s', (_name, stages, all, text, needs) => {
    const overview = overviewOf(stages, all, NOW);
    expect([overview.headline.text, overview.needs]).toEqual([text, needs]);
  });
  it('draws ranks, many stages of one as their worst', () => {
    const stages = [
      stage('test', [], runs('1')),
      ...Array.from({ length: 5 }, (_, n) => stage(`prod-${n}`, ['test'], n === 3 ? { phase: 'Failed' } : runs('1'))),
    ];
    expect(overviewOf(stages, [], NOW).ranks.map(({ looks, count }) => [looks.map(({ word }) => word), count])).toEqual([
      [['Steady'], 1],
      [['Failed'], 5],
    ]);
  });
});

describe('controllers that do not report', () => {
  const sharded = (name: string, shard: string): Stage => ({
    ...stage(name),
    metadata: { name, labels: { 'kargo.akuity.io/shard': shard } },
  });
  it('are those of stages that are there, dead or unknown; none before the server has said', () => {
    const stages = [stage('a'), sharded('b', 'east'), sharded('c', 'west')];
    const beats = {
      defaultController: 'main',
      heartbeats: {
        main: { status: 'Alive' },
        east: { status: 'Dead', timestamp: '2026-03-04T11:57:00Z' },
        far: { status: 'Dead' },
      },
    };
    expect([...silentOf(stages, undefined)]).toEqual([]);
    const silent = silentOf(stages, beats);
    expect([...silent]).toEqual([
      ['east', '2026-03-04T11:57:00Z'],
      ['west', undefined],
    ]);
    expect(silences(silent, NOW).map(({ text }) => text)).toEqual([
      'No controller has reported for 3 min',
      'No controller has reported',
    ]);
    const shown = withoutPretence(new Map(stages.map((each) => [each.metadata.name ?? '', each])), beats, silent);
    expect([...shown.values()].map((each) => lookOfStage(each).word)).toContain('Unknown');
    for (const [name, each] of shown) {
      const { labels = {} } = each.metadata;
      const isSilent = silent.has(labels['kargo.akuity.io/shard'] ?? '');
      expect([name, each.status?.phase]).toEqual([name, isSilent ? 'Unknown' : 'Steady']);
    }
  });
});

describe('what somebody should know before promoting', () => {
  const all = [freight('old', 20), freight('new', 10)];
  const index = indexFreight(new Map(all.map((each) => [each.metadata.name ?? '', each])));
  const runs = (name: string, more: Stage['status'] = {}): Stage['status'] => ({
    phase: 'Steady',
    freightHistory: [{ id: 'c', items: { 'Warehouse/web': { name } } }],
    ...more,
  });
  const failed = {
    apiVersion: API,
    kind: 'Promotion',
    metadata: { name: 'p' },
    spec: { stage: 'test', freight: 'old', steps: [] },
    status: { phase: 'Failed', message: 'no' },
  };
  it.each<[string, Stage['status'], number, (typeof failed)[], RegExp[]]>([
    ['newer than what runs', runs('old'), 1, [], []],
    ['older than what runs', runs('new'), 0, [], [/older than what runs/]],
    ['what runs', runs('new'), 1, [], [/runs already/]],
    ['failed before', runs('gone'), 0, [failed], [/last promotion to test failed: no/]],
    [
      'not what automation would choose',
      runs('gone', { autoPromotionEnabled: true }),
      0,
      [],
      [/holds it until somebody resumes it/],
    ],
  ])('%s', (_name, status, which, promotions, want) => {
    const given = all[which];
    const told =
      given === undefined ? [] : mindChangers({ stage: stage('test', [], status), freight: given, index, promotions, now: NOW });
    expect(told).toHaveLength(want.length);
    for (const [n, pattern] of want.entries()) expect(told[n]).toMatch(pattern);
  });
});

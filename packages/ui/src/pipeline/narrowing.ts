import { labels, type Freight, type Stage } from '@kargo/api';

const HOUR = 3_600_000;

/** Times that lists can be narrowed to: what is in the address, what people read, and how far it goes back in milliseconds. */
export const RANGES = [
  { value: '1h', label: 'The last hour', ms: HOUR },
  { value: '24h', label: 'The last day', ms: 24 * HOUR },
  { value: '7d', label: 'The last week', ms: 7 * 24 * HOUR },
  { value: '30d', label: 'The last month', ms: 30 * 24 * HOUR },
] as const;

/** Since when (epoch milliseconds) a range of an address is; undefined for all times, and for what is no range. */
export function sinceOf(range: string | null, now: number): number | undefined {
  const found = RANGES.find(({ value }) => value === range);
  return found === undefined ? undefined : now - found.ms;
}

export interface StageGroup {
  /** What is in the address. */
  value: string;
  label: string;
  has(stage: Stage): boolean;
}

/** So many stages whose names begin alike are a group. */
const ALIKE = 3;

/** Groups of stages: by labels that somebody gave them, and by how their names begin. */
export function stageGroups(stages: Iterable<Stage>): StageGroup[] {
  const pairs = new Set<string>();
  const starts = new Map<string, number>();
  for (const { metadata } of stages) {
    for (const [key, value] of Object.entries(metadata.labels ?? {}))
      if (key !== labels.shard && !key.includes('kubernetes.io/')) pairs.add(`${key}=${value}`);
    const [start = '', ...rest] = (metadata.name ?? '').split('-');
    if (rest.length > 0) starts.set(start, (starts.get(start) ?? 0) + 1);
  }
  const named = [...starts].filter(([, count]) => count >= ALIKE).map(([start]) => start);
  return [...[...pairs].toSorted().map(byLabel), ...named.toSorted().map(byName)];
}

/** The group that an address names; undefined for none. */
export function groupOf(value: string | null): StageGroup | undefined {
  if (value === null || value === '') return undefined;
  return value.endsWith('-*') ? byName(value.slice(0, -2)) : byLabel(value);
}

function byLabel(pair: string): StageGroup {
  const at = pair.indexOf('=');
  const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
  return { value: pair, label: pair, has: ({ metadata }) => metadata.labels?.[key] === value };
}

function byName(start: string): StageGroup {
  return { value: `${start}-*`, label: `${start}-*`, has: ({ metadata }) => metadata.name?.startsWith(`${start}-`) === true };
}

/** Repositories that Freight came from, names ascending. */
export function sourcesOf(freight: readonly Freight[]): string[] {
  // What is old says nothing new about sources.
  return [...new Set(freight.slice(0, 50).flatMap((each) => versionsBySource(each).map(([source]) => source)))].toSorted();
}

/** Freight (newest first) that brought something new from a repository: its version there is not that of the one before. */
export function newIn(source: string, freight: readonly Freight[]): Freight[] {
  const versionOf = (each: Freight | undefined): string | undefined =>
    each === undefined
      ? undefined
      : versionsBySource(each)
          .filter(([own]) => own === source)
          .map(([, version]) => version)
          .join();
  const versions = freight.map(versionOf);
  return freight.filter((_, index) => versions[index] !== '' && versions[index] !== versions[index + 1]);
}

function versionsBySource({ images = [], charts = [], commits = [], artifacts = [] }: Freight): [string, string][] {
  return [
    ...images.map(({ repoURL = '', tag = '', digest = '' }): [string, string] => [repoURL, `${tag}@${digest}`]),
    ...charts.map(({ repoURL = '', name = '', version = '' }): [string, string] => [
      name === '' ? repoURL : `${repoURL}/${name}`,
      version,
    ]),
    ...commits.map(({ repoURL = '', id = '' }): [string, string] => [repoURL, id]),
    ...artifacts.map(({ subscriptionName, version }): [string, string] => [subscriptionName, version]),
  ];
}

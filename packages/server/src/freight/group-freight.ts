import type { Freight } from '@kargo/api';
import { compareVersions, tryParseVersion } from '@kargo/gocompat';
import { posix } from 'node:path';
import { badRequest } from '../http/http-error.ts';

/** How Freight is to be grouped and ordered. */
export interface Grouping {
  groupBy?: string | undefined;
  /** Only this group. */
  group?: string | undefined;
  orderBy?: string | undefined;
  reverse: boolean;
}

const GROUPS = ['image_repo', 'git_repo', 'chart_repo'] as const;
const ORDERS = ['first_seen', 'tag'] as const;

/** Fails with 400 for what cannot be combined. */
export function checkGrouping({ groupBy, group, orderBy }: Grouping): void {
  if (groupBy !== undefined && !GROUPS.includes(groupBy as (typeof GROUPS)[number]))
    throw badRequest(`invalid_argument: unknown groupBy "${groupBy}"; use ${GROUPS.join(', ')}`);
  if (orderBy !== undefined && !ORDERS.includes(orderBy as (typeof ORDERS)[number]))
    throw badRequest(`invalid_argument: unknown orderBy "${orderBy}"; use ${ORDERS.join(', ')}`);
  if (group !== undefined && groupBy === undefined) throw badRequest('invalid_argument: group needs groupBy');
  if (orderBy === 'tag' && groupBy !== 'image_repo' && groupBy !== 'chart_repo')
    throw badRequest('invalid_argument: Freight can be ordered by tag only when it is grouped by image_repo or chart_repo');
}

interface Entry {
  freight: Freight;
  /** Tag or version of the artifact that put the Freight into its group. */
  tag: string;
}

/** Freight by group. Without a grouping all is in the group of the empty name. A piece with several artifacts is in several groups. */
export function groupFreight(freight: readonly Freight[], grouping: Grouping): Record<string, { items: Freight[] }> {
  const groups = new Map<string, Map<string, Entry>>();
  for (const each of freight) {
    for (const [key, tag] of keysOf(each, grouping.groupBy)) {
      if (grouping.group !== undefined && grouping.group !== key) continue;
      const group = groups.get(key) ?? new Map<string, Entry>();
      groups.set(key, group);
      group.set(each.metadata.name ?? '', { freight: each, tag });
    }
  }
  const compare = grouping.orderBy === 'tag' ? byTag : byDiscovery;
  return Object.fromEntries(
    [...groups].map(([key, group]) => {
      const items = [...group.values()].toSorted(compare).map((entry) => entry.freight);
      return [key, { items: grouping.reverse ? items.toReversed() : items }];
    }),
  );
}

function keysOf({ images, commits, charts }: Freight, groupBy: string | undefined): [key: string, tag: string][] {
  switch (groupBy) {
    case 'image_repo':
      return (images ?? []).map(({ repoURL = '', tag = '' }) => [repoURL, tag]);
    case 'git_repo':
      return (commits ?? []).map(({ repoURL = '' }) => [repoURL, '']);
    case 'chart_repo':
      // Joined as a path, in which two slashes are one.
      return (charts ?? []).map(({ repoURL = '', name = '', version = '' }) => [posix.join(repoURL, name), version]);
    default:
      return [['', '']];
  }
}

function byDiscovery(a: Entry, b: Entry): number {
  return seen(a.freight) - seen(b.freight) || compareText(a.freight.metadata.name ?? '', b.freight.metadata.name ?? '');
}

function byTag(a: Entry, b: Entry): number {
  const [left, right] = [tryParseVersion(a.tag), tryParseVersion(b.tag)];
  const order = left !== undefined && right !== undefined ? compareVersions(left, right) : compareText(a.tag, b.tag);
  return order || byDiscovery(a, b);
}

function seen({ discoveredAt, metadata }: Freight): number {
  const at = Date.parse(discoveredAt ?? metadata.creationTimestamp ?? '');
  return Number.isNaN(at) ? 0 : at;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

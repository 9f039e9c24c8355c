import type { FreightReference } from '@kargo/api';
import { compareLink } from './links.ts';

/** One artifact of two pieces of Freight. */
export interface Difference {
  kind: 'image' | 'git' | 'chart' | 'artifact';
  what: string;
  from: string | undefined;
  to: string | undefined;
  change: 'changed' | 'new' | 'removed' | 'unchanged';
  /** Where the commits between the two can be looked at. */
  range?: string | undefined;
}

interface Artifact {
  kind: Difference['kind'];
  what: string;
  version: string;
  commit?: string | undefined;
}

function artifactsOf({ images, charts, commits, artifacts }: FreightReference): Artifact[] {
  return [
    ...(images ?? []).map(({ repoURL = '', tag, digest }): Artifact => ({
      kind: 'image',
      what: repoURL,
      version: tag ?? digest ?? '',
    })),
    ...(charts ?? []).map(({ repoURL = '', name = '', version }): Artifact => ({
      kind: 'chart',
      what: `${repoURL} ${name}`.trim(),
      version: version ?? '',
    })),
    ...(commits ?? []).map(({ repoURL = '', tag, id = '' }): Artifact => ({
      kind: 'git',
      what: repoURL,
      version: tag === undefined || tag === '' ? id.slice(0, 7) : tag,
      commit: id,
    })),
    ...(artifacts ?? []).map(({ subscriptionName, version }): Artifact => ({
      kind: 'artifact',
      what: subscriptionName,
      version,
    })),
  ];
}

const ORDER = ['changed', 'new', 'removed', 'unchanged'];

/** What differs between two pieces of Freight, what has changed first. */
export function compareFreight(from: FreightReference, to: FreightReference): Difference[] {
  const before = new Map(artifactsOf(from).map((each) => [`${each.kind} ${each.what}`, each]));
  const after = artifactsOf(to);
  const differences = after.map((each): Difference => {
    const old = before.get(`${each.kind} ${each.what}`);
    before.delete(`${each.kind} ${each.what}`);
    if (old === undefined) return { kind: each.kind, what: each.what, from: undefined, to: each.version, change: 'new' };
    const same = old.version === each.version && old.commit === each.commit;
    return {
      kind: each.kind,
      what: each.what,
      from: old.version,
      to: each.version,
      change: same ? 'unchanged' : 'changed',
      range: each.kind === 'git' ? compareLink(each.what, old.commit ?? '', each.commit ?? '') : undefined,
    };
  });
  const removed = [...before.values()].map((old): Difference => ({
    kind: old.kind,
    what: old.what,
    from: old.version,
    to: undefined,
    change: 'removed',
  }));
  return [...differences, ...removed].toSorted((a, b) => ORDER.indexOf(a.change) - ORDER.indexOf(b.change));
}

import { textAt, valueAt } from '../../client/objects.ts';

/** One artifact of Freight: what it is, and which version of it. */
export interface Artifact {
  kind: 'commit' | 'image' | 'chart' | 'artifact';
  /** Where it comes from, with the name where one place holds several. */
  source: string;
  version: string;
}

export interface ArtifactDiff {
  kind: Artifact['kind'];
  source: string;
  from: string | undefined;
  to: string | undefined;
  change: 'added' | 'removed' | 'changed' | 'unchanged';
}

/** The artifacts of Freight, or of what a Stage says about Freight that it runs. */
export function artifactsOf(freight: unknown): Artifact[] {
  const each = (field: string, read: (item: unknown) => Artifact): Artifact[] => {
    const items = valueAt(freight, field);
    return Array.isArray(items) ? items.map(read) : [];
  };
  return [
    ...each('commits', (item) => ({
      kind: 'commit',
      source: textAt(item, 'repoURL'),
      version: [textAt(item, 'tag') || textAt(item, 'branch'), textAt(item, 'id').slice(0, 12)]
        .filter((part) => part !== '')
        .join(' '),
    })),
    ...each('images', (item) => ({
      kind: 'image',
      source: textAt(item, 'repoURL'),
      version: textAt(item, 'tag') || textAt(item, 'digest'),
    })),
    ...each('charts', (item) => ({
      kind: 'chart',
      source: [textAt(item, 'repoURL'), textAt(item, 'name')].filter((part) => part !== '').join(' '),
      version: textAt(item, 'version'),
    })),
    ...each('artifacts', (item) => ({
      kind: 'artifact',
      source: [textAt(item, 'artifactType'), textAt(item, 'subscriptionName')].filter((part) => part !== '').join(' '),
      version: textAt(item, 'version'),
    })),
  ];
}

/** How two lists of artifacts differ, in the order of the second, then what only the first has. */
export function compareArtifacts(before: readonly Artifact[], after: readonly Artifact[]): ArtifactDiff[] {
  const keyOf = ({ kind, source }: Artifact): string => `${kind} ${source}`;
  const old = new Map(before.map((artifact) => [keyOf(artifact), artifact]));
  const now = new Set(after.map(keyOf));
  return [
    ...after.map(({ kind, source, version }): ArtifactDiff => {
      const from = old.get(keyOf({ kind, source, version }))?.version;
      return {
        kind,
        source,
        from,
        to: version,
        change: from === undefined ? 'added' : from === version ? 'unchanged' : 'changed',
      };
    }),
    ...before
      .filter((artifact) => !now.has(keyOf(artifact)))
      .map(({ kind, source, version }): ArtifactDiff => ({ kind, source, from: version, to: undefined, change: 'removed' })),
  ];
}

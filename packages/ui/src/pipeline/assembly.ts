import {
  apiVersionOf,
  Freight,
  type DiscoveredArtifacts,
  type Freight as FreightObject,
  type FreightReference,
  type Warehouse,
} from '@kargo/api';

/** Something that was found, to choose from. */
export interface Choice {
  /** Tells it from the others of its source. */
  value: string;
  /** What people call it. */
  label: string;
  /** More about it: when, what, by whom. */
  detail: string;
  at: string | undefined;
  /** The part of a Freight that it becomes. */
  part: Pick<FreightReference, 'images' | 'commits' | 'charts' | 'artifacts'>;
}

/** What one subscription found, best first. */
export interface Found {
  key: string;
  kind: 'image' | 'git' | 'chart' | 'artifact';
  repository: string;
  choices: Choice[];
}

/** Everything a warehouse has found, by subscription. */
export function foundBy({ discoveredArtifacts }: NonNullable<Warehouse['status']>): Found[] {
  return discoveredArtifacts === undefined
    ? []
    : [
        ...imagesOf(discoveredArtifacts),
        ...commitsOf(discoveredArtifacts),
        ...chartsOf(discoveredArtifacts),
        ...othersOf(discoveredArtifacts),
      ];
}

const named = (subscriptionName: string | undefined): { subscriptionName?: string } =>
  subscriptionName === undefined || subscriptionName === '' ? {} : { subscriptionName };

function imagesOf({ images }: DiscoveredArtifacts): Found[] {
  return (images ?? []).map(({ repoURL, references, subscriptionName, platform }, index) => ({
    key: `image ${index} ${repoURL} ${subscriptionName ?? ''}`,
    kind: 'image',
    repository: [repoURL, platform ?? ''].filter((part) => part !== '').join(' '),
    choices: (references ?? []).map(({ tag, digest, createdAt, annotations }) => ({
      value: `${tag}@${digest}`,
      label: tag,
      detail: digest.slice(0, 19),
      at: createdAt,
      part: {
        images: [{ repoURL, tag, digest, ...(annotations === undefined ? {} : { annotations }), ...named(subscriptionName) }],
      },
    })),
  }));
}

function commitsOf({ git }: DiscoveredArtifacts): Found[] {
  return (git ?? []).map(({ repoURL, commits, subscriptionName }, index) => ({
    key: `git ${index} ${repoURL} ${subscriptionName ?? ''}`,
    kind: 'git',
    repository: repoURL,
    choices: (commits ?? []).map(({ id = '', branch, tag, subject, author, committer, creatorDate }) => ({
      value: `${id} ${tag ?? ''}`,
      label: tag === undefined || tag === '' ? id.slice(0, 7) : `${tag} (${id.slice(0, 7)})`,
      detail: [subject ?? '', author ?? ''].filter((part) => part !== '').join(', by '),
      at: creatorDate,
      part: {
        commits: [
          {
            repoURL,
            id,
            ...given({ branch, tag, message: subject, author, committer }),
            ...named(subscriptionName),
          },
        ],
      },
    })),
  }));
}

function chartsOf({ charts }: DiscoveredArtifacts): Found[] {
  return (charts ?? []).map(({ repoURL, name, versions, subscriptionName }, index) => ({
    key: `chart ${index} ${repoURL} ${name ?? ''} ${subscriptionName ?? ''}`,
    kind: 'chart',
    repository: `${repoURL} ${name ?? ''}`.trim(),
    choices: (versions ?? []).map((version) => ({
      value: version,
      label: version,
      detail: '',
      at: undefined,
      part: { charts: [{ repoURL, version, ...given({ name }), ...named(subscriptionName) }] },
    })),
  }));
}

function othersOf({ results }: DiscoveredArtifacts): Found[] {
  return (results ?? []).map(({ name, artifactReferences }) => ({
    key: `artifact ${name}`,
    kind: 'artifact',
    repository: name,
    choices: (artifactReferences ?? []).map((reference) => ({
      value: reference.version,
      label: reference.version,
      detail: '',
      at: undefined,
      part: { artifacts: [reference] },
    })),
  }));
}

function given<T extends Record<string, string | undefined>>(fields: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')) as {
    [K in keyof T]?: string;
  };
}

/** The choices that Freight was made of, by source; undefined where what it has is not found any more. */
export function choicesOf(found: readonly Found[], freight: FreightReference): Map<string, Choice | undefined> {
  return new Map(
    found.map(({ key, choices }) => {
      const same = choices.find(({ part }) => {
        const image = part.images?.[0];
        const commit = part.commits?.[0];
        const chart = part.charts?.[0];
        const artifact = part.artifacts?.[0];
        return (
          (image !== undefined &&
            freight.images?.some(
              ({ repoURL, digest, tag }) => repoURL === image.repoURL && digest === image.digest && tag === image.tag,
            )) ||
          (commit !== undefined && freight.commits?.some(({ repoURL, id }) => repoURL === commit.repoURL && id === commit.id)) ||
          (chart !== undefined &&
            freight.charts?.some(
              (other) =>
                other.repoURL === chart.repoURL && (other.name ?? '') === (chart.name ?? '') && other.version === chart.version,
            )) ||
          (artifact !== undefined &&
            freight.artifacts?.some(
              (other) => other.subscriptionName === artifact.subscriptionName && other.version === artifact.version,
            ))
        );
      });
      return [key, same];
    }),
  );
}

/** A Freight of what was chosen. The server names it after its content. */
export function freightOfChoices(
  project: string,
  warehouse: string,
  alias: string,
  chosen: readonly Choice[],
): Omit<FreightObject, 'status'> {
  const all = <T>(listOf: (part: Choice['part']) => readonly T[] | undefined): T[] =>
    chosen.flatMap(({ part }) => [...(listOf(part) ?? [])]);
  const parts = {
    images: all(({ images }) => images),
    commits: all(({ commits }) => commits),
    charts: all(({ charts }) => charts),
    artifacts: all(({ artifacts }) => artifacts),
  };
  return {
    apiVersion: apiVersionOf(Freight),
    kind: 'Freight',
    metadata: { namespace: project, name: 'assembled' },
    ...(alias === '' ? {} : { alias }),
    origin: { kind: 'Warehouse', name: warehouse },
    ...Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0)),
  };
}

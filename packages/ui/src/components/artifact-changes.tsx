import type { FreightReference } from '@kargo/api';

interface Artifact {
  key: string;
  version: string;
}

function artifactsOf({ images, charts, commits, artifacts }: FreightReference): Artifact[] {
  return [
    ...(images ?? []).map(({ repoURL = '', tag, digest }) => ({ key: repoURL, version: tag ?? digest ?? '' })),
    ...(charts ?? []).map(({ repoURL = '', name = '', version }) => ({
      key: `${repoURL} ${name}`.trim(),
      version: version ?? '',
    })),
    ...(commits ?? []).map(({ repoURL = '', tag, id }) => ({ key: repoURL, version: tag ?? id?.slice(0, 7) ?? '' })),
    ...(artifacts ?? []).map(({ subscriptionName, version }) => ({ key: subscriptionName, version })),
  ];
}

/** Artifacts of a Freight, each from what is there now. */
export function ArtifactChanges({ from, to }: { from: FreightReference | undefined; to: FreightReference }): React.ReactNode {
  const before = new Map(artifactsOf(from ?? {}).map(({ key, version }) => [key, version]));
  const after = artifactsOf(to);
  const gone = [...before.keys()].filter((key) => !after.some((each) => each.key === key));
  return (
    <ul className="list artifacts" aria-label="Artifacts">
      {after.map(({ key, version }) => {
        const old = before.get(key);
        return (
          <li key={key} className="mono">
            <span>{key}</span>
            <span className="grow" />
            {old === undefined ? (
              <span>
                <strong>{version}</strong> {from === undefined ? '' : 'new'}
              </span>
            ) : old === version ? (
              <span className="muted">{version} unchanged</span>
            ) : (
              <span>
                {old} <span aria-hidden="true">→</span>
                <span className="unseen">to</span> <strong>{version}</strong>
              </span>
            )}
          </li>
        );
      })}
      {gone.map((key) => (
        <li key={key} className="mono">
          <span>{key}</span>
          <span className="grow" />
          <span className="muted">{before.get(key)} removed</span>
        </li>
      ))}
    </ul>
  );
}

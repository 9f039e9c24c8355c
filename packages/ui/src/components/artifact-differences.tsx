import type { Difference } from '../pipeline/compare.ts';
import { Icon } from './icon.tsx';

/** Artifacts from what they are to what they would be, with the commits between. */
export function ArtifactDifferences({ differences }: { differences: readonly Difference[] }): React.ReactNode {
  return (
    <ul className="list differences" aria-label="Differences">
      {differences.map(({ kind, what, from, to, change, range }) => (
        <li key={`${kind} ${what}`} className={change}>
          <Icon name={kind} />
          <span className="mono grow-text">{what}</span>
          <span className="versions-from-to">
            {change === 'unchanged' ? (
              <span className="muted">
                <span className="ver">{to}</span> unchanged
              </span>
            ) : change === 'new' ? (
              <>
                <span className="ver">{to}</span> new
              </>
            ) : change === 'removed' ? (
              <span className="muted">
                <span className="ver">{from}</span> removed
              </span>
            ) : (
              <>
                <span className="ver">{from}</span> <span aria-hidden="true">→</span>
                <span className="unseen">to</span> <strong className="ver">{to}</strong>
              </>
            )}
            {range === undefined ? null : (
              <a href={range} target="_blank" rel="noreferrer" className="small-text">
                commits <Icon name="external" />
              </a>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

import type { Difference } from '../pipeline/compare.ts';
import { Icon } from './icon.tsx';

interface Props {
  differences: readonly Difference[];
  label?: string | undefined;
  /** Only what they would be. */
  plain?: boolean | undefined;
}

/** Artifacts from what they are to what they would be, with the commits between. */
export function ArtifactDifferences({ differences, label = 'Differences', plain }: Props): React.ReactNode {
  return (
    <ul className="list differences" aria-label={label}>
      {differences.map(({ kind, what, from, to, change, range }) => (
        <li key={`${kind} ${what}`} className={change}>
          <Icon name={kind} />
          <span className="mono grow-text">{what}</span>
          <span className="versions-from-to">
            {plain === true ? (
              <strong className="ver">{to}</strong>
            ) : change === 'unchanged' ? (
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

import type { Stage } from '@kargo/api';
import { useState } from 'react';
import { Link } from 'react-router';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { lookOfVerification } from '../../pipeline/state.ts';

/** Verifications of a stage, newest first. Those that measured nothing are there when one asks for them. */
export function VerificationList({ project, stage }: { project: string; stage: Stage }): React.ReactNode {
  const [implicit, setImplicit] = useState(false);
  const all = (stage.status?.freightHistory ?? []).flatMap((collection) =>
    (collection.verificationHistory ?? []).map((entry) => ({ entry, collection })),
  );
  const isImplicit = (entry: (typeof all)[number]['entry']): boolean =>
    entry.id === undefined || entry.id === '' || entry.analysisRun === undefined;
  const hidden = all.filter(({ entry }) => isImplicit(entry)).length;
  const shown = implicit || hidden === all.length ? all : all.filter(({ entry }) => !isImplicit(entry));
  if (all.length === 0) return <p className="muted">Nothing has been verified here yet.</p>;
  return (
    <>
      <ul className="list" aria-label="Verifications">
        {shown.map(({ entry, collection }, index) => {
          const look = lookOfVerification(entry.phase);
          return (
            <li key={`${collection.id} ${entry.id} ${index}`}>
              <StatusShape look={look} />
              <span className="grow-text">
                <span className={look.tone}>{look.word}</span>{' '}
                {isImplicit(entry) ? (
                  <span className="muted">no analysis</span>
                ) : (
                  <Link
                    className="mono"
                    to={`/project/${project}/stage/${stage.metadata.name ?? ''}/verification/${entry.id ?? ''}`}
                  >
                    {entry.analysisRun?.name}
                  </Link>
                )}
                {entry.message === undefined ? null : <span className="subject">{entry.message}</span>}
              </span>
              <Time at={entry.finishTime ?? entry.startTime} />
            </li>
          );
        })}
      </ul>
      {hidden > 0 && hidden < all.length ? (
        <label className="inline small-text">
          <input type="checkbox" checked={implicit} onChange={(event) => setImplicit(event.target.checked)} /> also {hidden}{' '}
          without analysis
        </label>
      ) : null}
    </>
  );
}

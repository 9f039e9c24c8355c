import type { Freight } from '@kargo/api';
import { Link } from 'react-router';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';

/** Where Freight is verified, with when and how long it was there; and for which stages somebody approved it. */
export function VerifiedList({ project, freight }: { project: string; freight: Freight }): React.ReactNode {
  const verified = Object.entries(freight.status?.verifiedIn ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const approved = Object.entries(freight.status?.approvedFor ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const search = window.location.search;
  return (
    <>
      <h3>Verified in</h3>
      {verified.length === 0 ? (
        <p className="muted">No stage yet.</p>
      ) : (
        <ul className="list" aria-label="Verified in">
          {verified.map(([stage, { verifiedAt, longestSoak }]) => (
            <li key={stage}>
              <StatusShape look={{ shape: 'ring-check', tone: 'ok' }} />
              <Link to={{ pathname: `/project/${project}/stage/${stage}`, search }}>{stage}</Link>
              <span className="grow" />
              {longestSoak === undefined ? null : <span className="muted">soaked {longestSoak}</span>}
              <Time at={verifiedAt} />
            </li>
          ))}
        </ul>
      )}
      {approved.length === 0 ? null : (
        <>
          <h3>Approved for</h3>
          <ul className="list" aria-label="Approved for">
            {approved.map(([stage, { approvedAt }]) => (
              <li key={stage}>
                <StatusShape look={{ shape: 'person', tone: 'ok' }} />
                <Link to={{ pathname: `/project/${project}/stage/${stage}`, search }}>{stage}</Link>
                <span className="grow" />
                <Time at={approvedAt} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

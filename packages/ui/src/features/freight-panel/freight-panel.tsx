import { Link, useNavigate, useOutletContext, useParams } from 'react-router';
import { ActionButton } from '../../components/action-button.tsx';
import { Time } from '../../components/time.tsx';
import { versionOf } from '../../pipeline/cells.ts';
import { useLoaded, useServices } from '../../services.ts';
import type { PipelineContext } from '../pipeline/pipeline.tsx';
import { GateList } from '../stage-panel/gate-list.tsx';

/** One Freight: what is in it, where it is verified, what keeps it from where it is not. */
export function FreightPanel(): React.ReactNode {
  const { freight: name = '' } = useParams();
  const { project, data } = useOutletContext<PipelineContext>();
  const { api } = useServices();
  const navigate = useNavigate();
  const freight = data.freight.get(name);
  const { value: why } = useLoaded(
    () => api.explain(project, 'freight', name),
    [api, project, name, freight?.metadata.resourceVersion],
  );
  if (freight === undefined) {
    return (
      <aside className="panel">
        <p className="notice">{data.loaded ? `There is no freight ${name}.` : 'Loading'}</p>
      </aside>
    );
  }
  const verified = Object.entries(freight.status?.verifiedIn ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const approved = Object.entries(freight.status?.approvedFor ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const stages = [...data.stages.values()].filter(({ spec }) =>
    spec.requestedFreight.some(({ origin }) => origin.name === freight.origin.name),
  );
  const close = (): void => void navigate(`/project/${project}`);
  return (
    <aside
      className="panel"
      aria-label={`Freight ${freight.alias ?? name}`}
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      <header>
        <h2>{freight.alias ?? name.slice(0, 7)}</h2>
        <span className="mono">{versionOf(freight)}</span>
        <span className="grow" />
        <button type="button" className="btn ghost" onClick={close} aria-label="Close">
          ✕
        </button>
      </header>
      <p className="mono small-text">{name}</p>
      <h3>Artifacts</h3>
      <ul className="list">
        {(freight.images ?? []).map(({ repoURL, tag, digest }) => (
          <li key={repoURL}>
            <span className="mono">
              {repoURL}:{tag}
              <span className="subject">{digest}</span>
            </span>
          </li>
        ))}
        {(freight.commits ?? []).map(({ repoURL, id, message }) => (
          <li key={repoURL}>
            <span className="mono">
              {repoURL}@{id?.slice(0, 7)}
              <span className="subject">{message}</span>
            </span>
          </li>
        ))}
        {(freight.charts ?? []).map(({ repoURL, name: chart, version }) => (
          <li key={`${repoURL} ${chart}`}>
            <span className="mono">
              {repoURL} {chart} {version}
            </span>
          </li>
        ))}
      </ul>
      <h3>Verified in</h3>
      {verified.length === 0 ? (
        <p className="muted">No stage yet.</p>
      ) : (
        <ul className="list" aria-label="Verified in">
          {verified.map(([stage, { verifiedAt, longestSoak }]) => (
            <li key={stage}>
              <Link to={`/project/${project}/stage/${stage}`}>{stage}</Link>
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
          <ul className="list">
            {approved.map(([stage, { approvedAt }]) => (
              <li key={stage}>
                {stage}
                <span className="grow" />
                <Time at={approvedAt} />
              </li>
            ))}
          </ul>
        </>
      )}
      {why === undefined ? null : <GateList explanation={why} button={() => null} />}
      <div className="actions">
        {stages.map(({ metadata }) => {
          const stage = metadata.name ?? '';
          const gate = why?.gates.find(({ name: each }) => each === `Stage ${stage}`);
          return gate?.met === false ? (
            <ActionButton key={stage} run={() => api.approve(project, name, stage)} title="Skips verification and soak time">
              Approve for {stage}
            </ActionButton>
          ) : (
            <Link key={stage} className="btn" to={`/project/${project}/promote/freight/${name}/stage/${stage}`}>
              Promote to {stage}
            </Link>
          );
        })}
      </div>
    </aside>
  );
}

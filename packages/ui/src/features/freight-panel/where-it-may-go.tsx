import type { Freight } from '@kargo/api';
import { Link } from 'react-router';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { useLoaded, useServices } from '../../services.ts';
import { cellOf } from '../../pipeline/cells.ts';
import { newestAvailable } from '../../pipeline/freight-index.ts';
import { originsOf } from '../../pipeline/ranks.ts';
import type { Model } from '../pipeline/use-model.ts';

interface Props {
  project: string;
  freight: Freight;
  model: Model;
  approve: (stage: string) => void;
}

/** Stages listed before the rest is counted. */
const LISTED = 60;

/** Why Freight is not where it is not, for every stage that takes it, each with the way out. */
export function WhereItMayGo({ project, freight, model, approve }: Props): React.ReactNode {
  const { api } = useServices();
  const name = freight.metadata.name ?? '';
  const { value: why, error } = useLoaded(
    () => api.explain(project, 'freight', name),
    [api, project, name, freight.metadata.resourceVersion],
  );
  const stages = [...model.data.stages.values()]
    .filter((stage) => originsOf(stage).includes(freight.origin.name) && stage.status?.phase !== 'NotApplicable')
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const gates = new Map((why?.gates ?? []).map((gate) => [gate.name, gate]));
  const search = window.location.search;
  return (
    <>
      <h3>Where it may go</h3>
      {why === undefined ? null : <p className="muted">{why.summary}</p>}
      {error === undefined ? null : <p className="inline-error">Why it is not elsewhere could not be read: {error.message}</p>}
      <ul className="list ways" aria-label="Where it may go">
        {stages.slice(0, LISTED).map((stage) => {
          const stageName = stage.metadata.name ?? '';
          const gate = gates.get(`Stage ${stageName}`);
          const cell = cellOf({
            freight,
            stage,
            origin: freight.origin.name,
            now: model.now,
            place: model.freight.place,
            promotions: model.promotions.of(stageName, name),
            newest: newestAvailable(model.freight, stage, freight.origin.name, model.now),
            stages: model.data.stages,
          });
          return (
            <li key={stageName}>
              <StatusShape look={cell} />
              <span className="grow-text">
                <Link to={{ pathname: `/project/${project}/stage/${stageName}`, search }}>{stageName}</Link>{' '}
                <span className={cell.tone}>{cell.word}</span>
                {gate === undefined || gate.met ? null : (
                  <span className="subject">
                    {gate.fact}
                    {gate.opensAt === undefined ? null : (
                      <>
                        ; opens <Time at={gate.opensAt} />
                      </>
                    )}
                  </span>
                )}
              </span>
              {cell.promote ? (
                <Link className="btn small" to={`/project/${project}/promote/freight/${name}/stage/${stageName}`}>
                  Promote to {stageName}
                </Link>
              ) : cell.approve ? (
                <button type="button" className="btn small" data-shortcut="a" onClick={() => approve(stageName)}>
                  Approve for {stageName}…
                </button>
              ) : null}
            </li>
          );
        })}
      </ul>
      {stages.length > LISTED ? <p className="muted">and {stages.length - LISTED} more stages</p> : null}
    </>
  );
}

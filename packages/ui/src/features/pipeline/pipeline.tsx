import { useMemo, useState } from 'react';
import { Link, Outlet, useMatch, useNavigate, useParams, useSearchParams } from 'react-router';
import { StatusShape } from '../../components/status-shape.tsx';
import type { ProjectData } from '../../data/project-store.ts';
import { freightOf } from '../../pipeline/cells.ts';
import { headlineOf } from '../../pipeline/headline.ts';
import { ranksOf } from '../../pipeline/ranks.ts';
import { useProject } from '../../services.ts';
import { AppBar } from '../shell/app-bar.tsx';
import { Board } from './board.tsx';
import { useAvailability } from './use-availability.ts';

export interface PipelineContext {
  project: string;
  data: ProjectData;
}

/** The pipeline of a project: one sentence, then the board. A panel opens beside it. */
export function Pipeline(): React.ReactNode {
  const { project = '' } = useParams();
  const data = useProject(project);
  const [query, setQuery] = useSearchParams();
  const panel = useMatch('/project/:project/:kind/:name') !== null;
  const origins = useMemo(() => [...data.warehouses.keys()].toSorted(), [data.warehouses]);
  const origin = origins.find((name) => name === query.get('origin')) ?? origins[0] ?? '';
  const columns = useMemo(() => ranksOf([...data.stages.values()], origin), [data.stages, origin]);
  const freight = useMemo(() => freightOf(data.freight.values(), origin), [data.freight, origin]);
  const stages = useMemo(() => columns.flat(), [columns]);
  const available = useAvailability(project, stages, data.freight);
  const ready = stages.flatMap((stage) => {
    const newest = freight.find(({ metadata }) => available.get(stage.metadata.name ?? '')?.has(metadata.name ?? '') === true);
    const current = stage.status?.freightHistory?.[0]?.items?.[`Warehouse/${origin}`]?.name;
    return newest === undefined || newest.metadata.name === current || stage.status?.phase === 'NotApplicable'
      ? []
      : [{ stage, freight: newest }];
  });
  const headline = headlineOf(stages, data.promotions, ready);
  return (
    <div className="app">
      <AppBar project={project} connection={data.connection} />
      <div className={panel ? 'split with-panel' : 'split'}>
        <main className="pipeline">
          <div className="headline">
            <span className="sentence" role="status">
              <StatusShape
                look={{
                  shape: { ok: 'check', run: 'promoting', wait: 'person', bad: 'failed', hold: 'hold', idle: 'pending' }[
                    headline.tone
                  ] as 'check',
                  tone: headline.tone,
                }}
              />
              <h1>{headline.text}</h1>
              <span className="muted">{headline.why}</span>
              {headline.stage === undefined ? null : (
                <Link className="btn" to={`/project/${project}/stage/${headline.stage}`}>
                  Look
                </Link>
              )}
            </span>
            <span className="grow" />
            {origins.length > 1 ? (
              <label>
                Freight{' '}
                <select value={origin} onChange={(event) => setQuery({ origin: event.target.value })}>
                  {origins.map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </label>
            ) : null}
            <CreateMenu project={project} />
          </div>
          {!data.loaded ? null : data.stages.size + data.warehouses.size === 0 ? (
            <p className="notice">
              Nothing here yet. A warehouse finds new versions, a stage takes them: create them with the wand, or apply manifests
              with the command line.
            </p>
          ) : (
            <Board project={project} origin={origin} columns={columns} freight={freight} data={data} available={available} />
          )}
        </main>
        <Outlet context={{ project, data } satisfies PipelineContext} />
      </div>
    </div>
  );
}

function CreateMenu({ project }: { project: string }): React.ReactNode {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  return (
    <div
      className="menu"
      onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setOpen(false)}
      onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
    >
      <button type="button" className="btn" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        <svg
          viewBox="0 0 16 16"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeLinecap="round"
          className="icon"
          aria-hidden="true"
        >
          <path d="m2.5 13.5 7-7M8 5l3 3M12 1.5v3M10.5 3h3M13.5 9v2M12.5 10h2M5.5 2v2M4.5 3h2" />
        </svg>
        Create
      </button>
      {open ? (
        <div role="menu">
          <button type="button" role="menuitem" onClick={() => void navigate(`/project/${project}/create-stage`)}>
            Create Stage
          </button>
        </div>
      ) : null}
    </div>
  );
}

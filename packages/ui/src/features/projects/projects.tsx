import type { Project } from '@kargo/api';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { Icon } from '../../components/icon.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import type { Overview } from '../../pipeline/overview.ts';
import { FilterField } from '../pipeline/filter-field.tsx';
import { AppBar } from '../shell/app-bar.tsx';
import { MiniPipeline } from './mini-pipeline.tsx';
import { useOverviews } from './use-overviews.ts';
import { useProjects } from './use-projects.ts';
import { useStars } from './use-stars.ts';

const SHOWS = ['all', 'mine', 'starred'] as const;
type Show = (typeof SHOWS)[number];
const SHOW_KEY = 'projects-shown';
const HEIGHT = 56;

/** All projects: those that need somebody first, then those with a star, then by name. */
export function Projects(): React.ReactNode {
  const navigate = useNavigate();
  const [query, setQuery] = useSearchParams();
  const { projects, mine, error, retry } = useProjects();
  const { stars, toggle } = useStars();
  const [remembered, setRemembered] = useState(() => localStorage.getItem(SHOW_KEY));
  const scroller = useRef<HTMLDivElement>(null);
  const text = query.get('q') ?? '';
  const show = SHOWS.find((each) => each === (query.get('show') ?? remembered)) ?? 'all';
  useEffect(() => {
    document.title = 'Projects · Kargo';
  }, []);
  const all = projects ?? [];
  const matching = all.filter(({ metadata }) =>
    `${metadata.name} ${descriptionOf(metadata.annotations)}`.toLowerCase().includes(text.toLowerCase()),
  );
  const chosen = matching.filter(({ metadata }) =>
    show === 'mine' ? mine?.has(metadata.name ?? '') === true : show === 'starred' ? stars.has(metadata.uid ?? '') : true,
  );
  const [inSight, setInSight] = useState<readonly string[]>([]);
  const overviews = useOverviews(inSight, all);
  const sorted = useMemo(
    () =>
      chosen.toSorted((a, b) => {
        const rank = (project: Project): number => {
          const overview = overviews.get(project.metadata.name ?? '');
          return (overview?.needs === true ? 0 : 2) + (stars.has(project.metadata.uid ?? '') ? 0 : 1);
        };
        return rank(a) - rank(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1);
      }),
    [chosen.map(({ metadata }) => metadata.name).join(' '), overviews, stars],
  );
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 6,
    scrollMargin: 34,
  });
  const visible = virtual
    .getVirtualItems()
    .map(({ index }) => sorted[index]?.metadata.name ?? '')
    .toSorted()
    .join(' ');
  useEffect(() => setInSight(visible.split(' ').filter((name) => name !== '')), [visible]);
  const needing = sorted
    .filter(({ metadata }) => overviews.get(metadata.name ?? '')?.needs === true)
    .map(({ metadata }) => metadata.name ?? '');
  const choose = (value: Show): void => {
    localStorage.setItem(SHOW_KEY, value);
    setRemembered(value);
    setQuery((before) => new URLSearchParams([...before].filter(([key]) => key !== 'show')), { replace: true });
  };
  return (
    <div className="app">
      <AppBar />
      <main className="table-page">
        <div className="headline">
          <span className="sentence" role="status">
            {needing.length > 0 ? (
              <>
                <StatusShape look={{ shape: 'person', tone: 'wait' }} />
                <h1>
                  {needing.length} {needing.length === 1 ? 'project needs' : 'projects need'} someone
                </h1>
                <span className="why-text">{needing.slice(0, 3).join(', ')}</span>
              </>
            ) : (
              <h1>{projects === undefined ? 'Projects' : all.length === 0 ? 'No projects yet' : 'Nobody is needed'}</h1>
            )}
          </span>
          <span className="headline-tools">
            <form
              onSubmit={(event) => {
                event.preventDefault();
                const [only] = sorted;
                if (sorted.length === 1 && only !== undefined) void navigate(`/project/${only.metadata.name ?? ''}`);
              }}
            >
              <FilterField
                value={text}
                change={(value) =>
                  setQuery(
                    (before) =>
                      new URLSearchParams([
                        ...[...before].filter(([key]) => key !== 'q'),
                        ...(value === '' ? [] : [['q', value] as [string, string]]),
                      ]),
                    { replace: true },
                  )
                }
                placeholder="Filter projects"
              />
            </form>
            <Segmented<Show>
              label="Which projects"
              chosen={show}
              choose={choose}
              options={[
                { value: 'all', label: 'All', count: all.length },
                { value: 'mine', label: 'Mine', count: mine?.size ?? 0 },
                { value: 'starred', label: 'Starred', count: all.filter(({ metadata }) => stars.has(metadata.uid ?? '')).length },
              ]}
            />
            <Link className="btn" to="/create-project">
              <Icon name="plus" /> New project
            </Link>
          </span>
        </div>
        {error === undefined ? null : (
          <div className="inline-error page-error" role="alert">
            <p>The projects could not be read: {error.message}</p>
            <button type="button" className="btn small" onClick={retry}>
              Try again
            </button>
          </div>
        )}
        <div className="scroll" ref={scroller}>
          <div className="table project-table" role="table" aria-label="Projects" aria-rowcount={sorted.length + 1}>
            <div className="tr head" role="row">
              <span role="columnheader" aria-label="Star" />
              <span role="columnheader">Project</span>
              <span role="columnheader">Pipeline</span>
              <span role="columnheader">State</span>
              <span role="columnheader" className="end">
                Freight today
              </span>
            </div>
            {projects !== undefined && sorted.length === 0 ? (
              <div className="empty">
                <p>
                  {all.length === 0
                    ? 'A project holds a pipeline: warehouses that find new versions, and the stages they go through.'
                    : 'No project matches.'}
                </p>
                {all.length === 0 ? (
                  <p>
                    <Link className="btn primary" to="/create-project">
                      Create the first
                    </Link>
                  </p>
                ) : null}
              </div>
            ) : null}
            <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="rowgroup">
              {virtual.getVirtualItems().map((item) => {
                const project = sorted[item.index];
                return project === undefined ? null : (
                  <ProjectRow
                    key={project.metadata.name}
                    project={project}
                    overview={overviews.get(project.metadata.name ?? '')}
                    starred={stars.has(project.metadata.uid ?? '')}
                    toggle={() => toggle(project.metadata.uid ?? '')}
                    top={item.start - 34}
                    index={item.index}
                  />
                );
              })}
            </div>
          </div>
        </div>
      </main>
    </div>
  );
}

interface RowProps {
  project: Project;
  overview: Overview | undefined;
  starred: boolean;
  toggle: () => void;
  top: number;
  index: number;
}

function ProjectRow({ project: { metadata, status }, overview, starred, toggle, top, index }: RowProps): React.ReactNode {
  const navigate = useNavigate();
  const name = metadata.name ?? '';
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const { stages } = status?.stats ?? {};
  return (
    <div
      className="tr"
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => void navigate(`/project/${name}`)}
    >
      <span role="cell">
        <button
          type="button"
          className={starred ? 'icon-btn star on' : 'icon-btn star'}
          aria-pressed={starred}
          aria-label={`Star ${name}`}
          onClick={(event) => {
            event.stopPropagation();
            toggle();
          }}
        >
          <Icon name="star" />
        </button>
      </span>
      <span role="cell" className="name-cell">
        <Link to={`/project/${name}`} title={name} onClick={(event) => event.stopPropagation()}>
          {name}
        </Link>
        <span className="subject one-line">{descriptionOf(metadata.annotations)}</span>
      </span>
      <span role="cell">{overview === undefined ? null : <MiniPipeline ranks={overview.ranks} />}</span>
      <span role="cell" className={`with-shape ${overview?.headline.tone ?? 'idle'}`}>
        {ready !== undefined && ready.status !== 'True' ? (
          <span className="wait one-line">{ready.message}</span>
        ) : overview === undefined ? (
          <span className="muted">
            {stages?.health?.healthy ?? 0} of {stages?.count ?? 0} stages healthy
          </span>
        ) : (
          <>
            {overview.headline.tone === 'ok' || overview.headline.tone === 'idle' ? (
              <span className="shape" />
            ) : (
              <StatusShape look={overview.headline} />
            )}
            <span className={overview.needs ? 'one-line ink' : 'one-line muted'} title={overview.headline.why}>
              {overview.headline.text}
            </span>
          </>
        )}
      </span>
      <span role="cell" className="end muted">
        {overview?.freightToday ?? ''}
      </span>
    </div>
  );
}

function descriptionOf(annotations: Readonly<Record<string, string>> | undefined): string {
  return annotations?.['kargo.akuity.io/description'] ?? '';
}

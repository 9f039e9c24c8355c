import { lazy, Suspense, useDeferredValue, useMemo, useState } from 'react';
import { Outlet, useMatch, useNavigate, useParams } from 'react-router';
import { ActionMenu } from '../../components/action-menu.tsx';
import { Icon } from '../../components/icon.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { useQuery } from '../../components/use-query.ts';
import type { ProjectData } from '../../data/project-store.ts';
import { headlinesOf } from '../../pipeline/headline.ts';
import { originsOf } from '../../pipeline/ranks.ts';
import { useProject } from '../../services.ts';
import { Screen } from '../shell/screen.tsx';
import { Board } from './board.tsx';
import { FilterField } from './filter-field.tsx';
import { HeadlineBar } from './headline-bar.tsx';
import { NARROWING, NarrowBar } from './narrow-bar.tsx';
import { useSilence } from './use-silence.ts';
import { readyIn, useModel, type Model } from './use-model.ts';

const GraphView = lazy(() => import('../graph/graph-view.tsx'));
const ListView = lazy(() => import('./list-view.tsx'));
const ImageMatrix = lazy(() => import('./image-matrix.tsx'));

export interface PipelineContext {
  project: string;
  data: ProjectData;
  model: Model;
  /** The warehouse whose freight is shown. */
  origin: string;
}

const VIEWS = ['board', 'graph', 'list', 'images'] as const;
type View = (typeof VIEWS)[number];

/** The pipeline of a project: one sentence, then the board, the graph or the list. A panel opens beside it. */
export function Pipeline(): React.ReactNode {
  const { project = '' } = useParams();
  const live = useProject(project);
  const { silent, stages } = useSilence(live.stages);
  const data = useMemo(() => (stages === live.stages ? live : { ...live, stages }), [live, stages]);
  // What people do goes before what comes in.
  const model = useModel(useDeferredValue(data));
  const [query, setQuery] = useQuery();
  const kind = useMatch('/project/:project/:kind/*')?.params.kind;
  const panel = kind === 'stage' || kind === 'freight' || kind === 'warehouse';
  const origin = model.origins.find((name) => name === query.get('origin')) ?? firstOrigin(model);
  const view = VIEWS.find((name) => name === query.get('view')) ?? 'board';
  const set = (key: string, value: string | undefined): void => setQuery({ [key]: value }, { replace: key === 'q' });
  const ready = useMemo(() => {
    const stages = [...model.data.stages.values()].filter((stage) => originsOf(stage).includes(origin));
    return readyIn(model, stages, origin);
  }, [model, origin]);
  const headlines = useMemo(
    () => headlinesOf([...model.data.stages.values()], model.data.promotions, ready),
    [model.data.stages, model.data.promotions, ready],
  );
  const [isOpen, setNarrowing] = useState(false);
  const isNarrowing = isOpen || NARROWING.some((name) => query.has(name));
  const isEmpty = model.data.stages.size + model.data.warehouses.size === 0;
  return (
    <Screen project={project} title={project} data={data} silent={silent}>
      <div className={panel ? 'split with-panel' : 'split'}>
        <main className="pipeline">
          <div className="headline">
            {data.loaded && !isEmpty ? <HeadlineBar project={project} headlines={headlines} /> : <span />}
            <span className="headline-tools">
              {view === 'board' ? (
                <button
                  type="button"
                  className="icon-btn"
                  aria-label="Narrow down"
                  title="Narrow down by time, source and group"
                  aria-expanded={isNarrowing}
                  onClick={() => setNarrowing(!isNarrowing)}
                >
                  <Icon name="filter" />
                </button>
              ) : null}
              <FilterField value={query.get('q') ?? ''} change={(text) => set('q', text === '' ? undefined : text)} />
              <Segmented<View>
                label="View"
                compact={panel}
                chosen={view}
                choose={(value) => set('view', value === 'board' ? undefined : value)}
                options={[
                  { value: 'board', label: 'Board', icon: 'board' },
                  { value: 'graph', label: 'Graph', icon: 'graph' },
                  { value: 'list', label: 'List', icon: 'list' },
                  { value: 'images', label: 'Images', icon: 'images' },
                ]}
              />
              <CreateMenu project={project} model={model} origin={origin} />
            </span>
          </div>
          {isNarrowing && view === 'board' && !isEmpty ? <NarrowBar model={model} origin={origin} /> : null}
          {!data.loaded && isEmpty ? (
            <BoardSkeleton />
          ) : isEmpty ? (
            <EmptyProject project={project} />
          ) : view === 'board' ? (
            <Board project={project} origin={origin} chooseOrigin={(name) => set('origin', name)} model={model} ready={ready} />
          ) : (
            <Suspense fallback={<BoardSkeleton />}>
              {view === 'graph' ? (
                <GraphView project={project} origin={origin} model={model} />
              ) : view === 'list' ? (
                <ListView project={project} model={model} />
              ) : (
                <ImageMatrix project={project} model={model} />
              )}
            </Suspense>
          )}
        </main>
        <Outlet context={{ project, data: model.data, model, origin } satisfies PipelineContext} />
      </div>
    </Screen>
  );
}

/** Of several warehouses, the one whose freight was found last is what people come for. */
function firstOrigin({ origins, freight }: Model): string {
  const [first = ''] = origins;
  const place = (origin: string): number =>
    freight.place.get(freight.byOrigin.get(origin)?.[0]?.metadata.name ?? '') ?? Number.MAX_SAFE_INTEGER;
  return origins.reduce((best, origin) => (place(origin) < place(best) ? origin : best), first);
}

function CreateMenu({ project, model, origin }: { project: string; model: Model; origin: string }): React.ReactNode {
  const at = `/project/${project}`;
  return (
    <ActionMenu
      label="Create"
      entries={[
        { kind: 'link', label: 'Create Stage', icon: 'board', to: `${at}/create-stage` },
        { kind: 'link', label: 'Create Warehouse', icon: 'warehouse', to: `${at}/create-warehouse` },
        {
          kind: 'link',
          label: 'Assemble Freight',
          icon: 'image',
          to: `${at}/warehouse/${origin}/create-freight`,
          ...(model.origins.length === 0 ? { disabled: 'There is no warehouse yet' } : {}),
        },
      ]}
    >
      <Icon name="wand" />
      <span className="text">Create</span>
      <Icon name="chevron" className="faint" />
    </ActionMenu>
  );
}

function EmptyProject({ project }: { project: string }): React.ReactNode {
  const navigate = useNavigate();
  return (
    <div className="empty">
      <h3>Nothing here yet</h3>
      <p>A warehouse finds new versions, a stage takes them. Begin with a warehouse.</p>
      <button type="button" className="btn primary" onClick={() => void navigate(`/project/${project}/create-warehouse`)}>
        Create a warehouse
      </button>
    </div>
  );
}

/** The board before anything is known, in its final geometry. */
function BoardSkeleton(): React.ReactNode {
  return (
    <div className="scroll skeleton" role="status" aria-label="Loading the pipeline">
      <div className="deck" style={{ '--template': 'var(--id) repeat(3, minmax(var(--stage), 1fr))' } as React.CSSProperties}>
        {[0, 1, 2, 3].map((each) => (
          <div key={each} className={each === 0 ? 'stack' : 'stage-column'}>
            <div className="card ghostly" />
          </div>
        ))}
      </div>
    </div>
  );
}

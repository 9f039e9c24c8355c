import { Handle, Position, type NodeProps } from '@xyflow/react';
import { createContext, use } from 'react';
import { Link } from 'react-router';
import { Icon } from '../../components/icon.tsx';
import { RefreshButton } from '../../components/refresh-button.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { labelOf, versionOf } from '../../pipeline/cells.ts';
import { downstreamOf } from '../../pipeline/ranks.ts';
import { lookOfStage } from '../../pipeline/state.ts';
import { useServices } from '../../services.ts';
import { ModeChip, Swatch } from '../pipeline/stage-card.tsx';
import { StageMenu } from '../pipeline/stage-menu.tsx';
import type { Model } from '../pipeline/use-model.ts';

interface GraphValue {
  project: string;
  origin: string;
  model: Model;
  /** Stages behind which nothing is shown. */
  folded: ReadonlySet<string>;
  fold: (name: string) => void;
}

export const GraphContext = createContext<GraphValue | undefined>(undefined);

function useGraph(): GraphValue {
  const value = use(GraphContext);
  if (value === undefined) throw new Error('programmer error: a node outside of the graph');
  return value;
}

function Handles(): React.ReactNode {
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

export function SourceNode({ data }: NodeProps): React.ReactNode {
  return (
    <div className="g-source mono" title={String(data['name'])}>
      {String(data['name'])}
      <Handles />
    </div>
  );
}

export function WarehouseNode({ data }: NodeProps): React.ReactNode {
  const { project, model } = useGraph();
  const { api } = useServices();
  const name = String(data['name']);
  const warehouse = model.data.warehouses.get(name);
  if (warehouse === undefined) return null;
  const failed = warehouse.status?.conditions?.find(({ type, status }) => type === 'Healthy' && status === 'False');
  const count = model.freight.byOrigin.get(name)?.length ?? 0;
  return (
    <article className="g-warehouse" aria-label={`Warehouse ${name}`}>
      <header>
        <Icon name="warehouse" className="muted" />
        <Link to={{ pathname: `/project/${project}/warehouse/${name}`, search: window.location.search }} title={name}>
          {name}
        </Link>
        <RefreshButton object={warehouse} run={() => api.refreshWarehouse(project, name)} label={`Refresh ${name}`} compact />
      </header>
      <p className={failed === undefined ? 'muted' : 'bad'} title={failed?.message}>
        {failed === undefined ? `${count.toLocaleString()} freight` : 'Cannot find new artifacts'}
      </p>
      <Handles />
    </article>
  );
}

export function StageNode({ data }: NodeProps): React.ReactNode {
  const { project, origin, model } = useGraph();
  const name = String(data['name']);
  const stage = model.data.stages.get(name);
  if (stage === undefined) return null;
  const look = lookOfStage(stage);
  const running = model.data.promotions.get(stage.status?.currentPromotion?.name ?? '');
  const items = Object.values(stage.status?.freightHistory?.[0]?.items ?? {});
  const health = stage.status?.health?.status;
  return (
    <article className={`g-stage ${look.tone}`} aria-label={`Stage ${name}, ${look.word}`}>
      <Swatch stage={stage} />
      <header>
        <StatusShape look={look} />
        <Link to={{ pathname: `/project/${project}/stage/${name}`, search: window.location.search }} title={name}>
          {name}
        </Link>
        <StageMenu project={project} stage={stage} origin={origin} model={model} />
      </header>
      <p className="what" title={items.map((item) => `${item.origin?.name ?? ''} ${versionOf(item)}`).join('\n')}>
        {items.length === 0 ? (
          <span className="muted">No freight yet</span>
        ) : (
          items.slice(0, 2).map((item) => {
            const freight = model.data.freight.get(item.name ?? '');
            return (
              <span key={item.name}>
                {freight === undefined ? item.name?.slice(0, 7) : labelOf(freight)} <span className="ver">{versionOf(item)}</span>
              </span>
            );
          })
        )}
        {items.length > 2 ? <span className="muted">+{items.length - 2}</span> : null}
      </p>
      <footer>
        {running === undefined ? (
          <span className={look.tone}>{look.word}</span>
        ) : (
          <Link className="run" to={`/project/${project}/promotion/${running.metadata.name ?? ''}`}>
            Step {(running.status?.currentStep ?? 0) + 1} of {running.spec.steps.length}
          </Link>
        )}
        <ModeChip stage={stage} />
        <span className="grow" />
        {health === undefined || health === 'NotApplicable' ? null : (
          <span className={health === 'Healthy' ? 'ok' : health === 'Unhealthy' ? 'bad' : 'muted'}>
            <Icon name="pulse" /> <span className="unseen">{health}</span>
          </span>
        )}
        <Fold name={name} />
      </footer>
      <Handles />
    </article>
  );
}

export function ControlNode({ data }: NodeProps): React.ReactNode {
  const { project, model } = useGraph();
  const name = String(data['name']);
  const stage = model.data.stages.get(name);
  if (stage === undefined) return null;
  return (
    <article className="g-control" aria-label={`Stage ${name}, passes freight on`}>
      <Swatch stage={stage} />
      <StatusShape look={{ shape: 'skipped', tone: 'idle' }} />
      <Link to={{ pathname: `/project/${project}/stage/${name}`, search: window.location.search }} title={name}>
        {name}
      </Link>
      <Fold name={name} />
      <Handles />
    </article>
  );
}

/** Hides or shows what is behind a stage. */
function Fold({ name }: { name: string }): React.ReactNode {
  const { model, folded, fold } = useGraph();
  const isFolded = folded.has(name);
  const below = downstreamOf([...model.data.stages.values()], name).length;
  if (below === 0) return null;
  const label = isFolded ? `Show the ${below} behind ${name}` : `Hide what is behind ${name}`;
  return (
    <button
      type="button"
      className="icon-btn fold"
      aria-label={label}
      title={label}
      aria-expanded={!isFolded}
      onClick={(event) => {
        event.stopPropagation();
        fold(name);
      }}
    >
      {isFolded ? <span className="small-text">+{below}</span> : <Icon name="chevron" className="turned" />}
    </button>
  );
}

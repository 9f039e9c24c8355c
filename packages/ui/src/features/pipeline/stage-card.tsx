import { annotations, type Freight, type Promotion, type Stage } from '@kargo/api';
import { memo, useState } from 'react';
import { Link, useMatch, useNavigate } from 'react-router';
import { Icon } from '../../components/icon.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { currentOf, labelOf, shortDuration, versionOf } from '../../pipeline/cells.ts';
import { upstreamsOf } from '../../pipeline/ranks.ts';
import { lookOfStage } from '../../pipeline/state.ts';
import { useArgoLinks } from './argo-links.ts';
import { DRAG_TYPE, useDragging } from './dragging.ts';
import { StageMenu } from './stage-menu.tsx';
import type { Model } from './use-model.ts';

interface Props {
  project: string;
  stage: Stage;
  origin: string;
  model: Model;
  /** Newer Freight that may go here now. */
  next?: Freight | undefined;
}

/** A stage on the board: what it runs, how it stands, what comes in from where. Freight can be dropped on it. */
export const StageCard = memo(function StageCard({ project, stage, origin, model, next }: Props): React.ReactNode {
  const name = stage.metadata.name ?? '';
  const { status } = stage;
  const look = lookOfStage(stage);
  const open = useMatch(`/project/${project}/stage/:stage/*`)?.params.stage === name;
  const navigate = useNavigate();
  const { classes, handlers, refusal } = useDrop(project, stage, model);
  const passes = status?.phase === 'NotApplicable';
  return (
    <article
      className={['card stage', open ? 'open' : '', passes ? 'passes' : '', classes].join(' ')}
      onClick={() => void navigate(`/project/${project}/stage/${name}${window.location.search}`)}
      aria-label={`Stage ${name}, ${look.word}`}
      {...handlers}
    >
      <Swatch stage={stage} />
      <header>
        <StatusShape look={look} />
        <h3 title={name}>
          <Link
            to={{ pathname: `/project/${project}/stage/${name}`, search: window.location.search }}
            onClick={(event) => event.stopPropagation()}
          >
            {name}
          </Link>
        </h3>
        {passes ? null : <ModeChip stage={stage} />}
        <span className="grow" />
        <span className={`phase ${look.tone}`}>{look.word}</span>
        <StageMenu project={project} stage={stage} origin={origin} model={model} />
      </header>
      {passes ? (
        <p className="sub muted">Every freight that may come here may go on.</p>
      ) : (
        <CardBody stage={stage} origin={origin} model={model} next={next} />
      )}
      {refusal === undefined ? null : <p className="refusal bad">{refusal}</p>}
      <CardFoot stage={stage} origin={origin} passes={passes} />
    </article>
  );
});

/** The colour that somebody gave the stage: never a state, so only a swatch. */
export function Swatch({ stage }: { stage: Stage }): React.ReactNode {
  const color = stage.metadata.annotations?.[annotations.color];
  return color === undefined || !/^(#[0-9a-f]{3,8}|[a-z]+)$/i.test(color) ? null : (
    <span className="swatch" style={{ background: color }} title={`Colour ${color}`} />
  );
}

export function ModeChip({ stage: { status } }: { stage: Stage }): React.ReactNode {
  if (Object.keys(status?.effectiveAutoPromotionHolds ?? {}).length > 0)
    return (
      <span className="chip held">
        <StatusShape look={{ shape: 'hold', tone: 'hold' }} />
        Held
      </span>
    );
  const auto = status?.autoPromotionEnabled === true;
  return (
    <span className="chip">
      <Icon name={auto ? 'auto' : 'hand'} />
      <span className="text">{auto ? 'Auto' : 'Manual'}</span>
    </span>
  );
}

function CardBody({ stage, origin, model, next }: Pick<Props, 'stage' | 'origin' | 'model' | 'next'>): React.ReactNode {
  const { status } = stage;
  const running = model.data.promotions.get(status?.currentPromotion?.name ?? '');
  const reference = status?.freightHistory?.[0]?.items?.[`Warehouse/${origin}`];
  const shown = running === undefined ? currentOf(stage, origin) : running.spec.freight;
  const freight = model.data.freight.get(shown ?? '');
  const others = Object.keys(status?.freightHistory?.[0]?.items ?? {}).filter((key) => key !== `Warehouse/${origin}`);
  return (
    <>
      <p className="what">
        {shown === undefined ? (
          <span className="muted">Nothing deployed yet</span>
        ) : (
          <>
            <span className="alias">{freight === undefined ? shown.slice(0, 7) : labelOf(freight)}</span>{' '}
            <span className="ver">{versionOf(freight ?? reference ?? {})}</span>
          </>
        )}
      </p>
      <p className="sub">{running === undefined ? standing(stage, freight, model.now) : stepOf(running, model.now)}</p>
      {running === undefined ? null : <Segments promotion={running} />}
      {next === undefined || running !== undefined ? null : (
        <p className="next">
          {status?.autoPromotionEnabled === true ? (
            <span className="idle">Next is {labelOf(next)}</span>
          ) : (
            <span className="wait">
              <StatusShape look={{ shape: 'person', tone: 'wait' }} /> Next is {labelOf(next)}, ready now
            </span>
          )}
        </p>
      )}
      {others.length === 0 ? null : (
        <p className="sub muted">Also runs freight of {others.map((key) => key.replace(/^Warehouse\//, '')).join(', ')}</p>
      )}
    </>
  );
}

function standing(stage: Stage, freight: Freight | undefined, now: number): string {
  const { status, metadata } = stage;
  const since = freight?.status?.currentlyIn?.[metadata.name ?? '']?.since;
  const verified = freight?.status?.verifiedIn?.[metadata.name ?? ''] !== undefined;
  if (status?.phase === 'Verifying') return 'Being verified';
  if (status?.phase === 'Failed') return status.conditions?.find(({ type }) => type === 'Ready')?.message ?? 'See why';
  if (since === undefined) return status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
  return `Running for ${shortDuration(now - Date.parse(since))}${verified ? ', verified' : ', not verified yet'}`;
}

function stepOf({ spec, status }: Promotion, now: number): string {
  const at = status?.currentStep ?? 0;
  const started = status?.startedAt;
  const time = started === undefined ? '' : `, ${shortDuration(now - Date.parse(started))}`;
  return `Step ${at + 1} of ${spec.steps.length}, ${spec.steps[at]?.uses ?? ''}${time}`;
}

function Segments({ promotion: { spec, status } }: { promotion: Promotion }): React.ReactNode {
  const at = status?.currentStep ?? 0;
  return (
    <div className="segments" aria-hidden="true">
      {spec.steps.map((step, index) => (
        <i key={step.as ?? index} className={index < at ? 'done' : index === at ? 'now' : ''} />
      ))}
    </div>
  );
}

function CardFoot({ stage, origin, passes }: { stage: Stage; origin: string; passes: boolean }): React.ReactNode {
  const { status } = stage;
  const health = status?.health?.status;
  const apps = useArgoLinks(stage);
  const upstreams = upstreamsOf(stage, origin);
  const tone = health === 'Healthy' ? 'ok' : health === 'Unhealthy' ? 'bad' : health === 'Progressing' ? 'run' : 'muted';
  return (
    <footer>
      {passes || health === 'NotApplicable' ? null : (
        <span className={`health ${tone}`}>
          <Icon name="pulse" />
          {health ?? 'Health not observed'}
        </span>
      )}
      <span className="grow" />
      {apps.length === 1 && apps[0]?.url !== undefined ? (
        <a href={apps[0].url} target="_blank" rel="noreferrer" className="app-link" onClick={(event) => event.stopPropagation()}>
          {apps[0].name} <Icon name="external" />
        </a>
      ) : (
        <span className="muted upstream" title={upstreams.join(', ')}>
          {upstreams.length === 0
            ? `from ${origin}`
            : upstreams.length > 2
              ? `takes from ${upstreams.length} stages`
              : `takes from ${upstreams.join(', ')}`}
        </span>
      )}
    </footer>
  );
}

/** How long a refusal stays, in milliseconds. */
const REFUSAL_SHOWN = 10_000;

/** Freight dropped on a stage: opens the promotion, or says why it cannot go there. */
function useDrop(
  project: string,
  stage: Stage,
  { data, now }: Model,
): { classes: string; handlers: React.HTMLAttributes<HTMLElement>; refusal: string | undefined } {
  const navigate = useNavigate();
  const dragged = useDragging();
  const [refusal, setRefusal] = useState<string>();
  const freight = data.freight.get(dragged?.name ?? '');
  const answer = freight === undefined || dragged === undefined ? undefined : dragged.reason(stage, freight, now);
  if (dragged === undefined || answer === undefined) return { classes: '', handlers: {}, refusal };
  return {
    classes: answer === '' ? 'eligible' : 'ineligible',
    refusal: answer === '' ? undefined : answer,
    handlers: {
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes(DRAG_TYPE)) return;
        event.preventDefault();
        // A drop where it may not go is taken too, to say why.
        event.dataTransfer.dropEffect = 'move';
      },
      onDrop: (event) => {
        event.preventDefault();
        const name = event.dataTransfer.getData(DRAG_TYPE);
        if (answer === '') void navigate(`/project/${project}/promote/freight/${name}/stage/${stage.metadata.name ?? ''}`);
        else {
          setRefusal(answer);
          setTimeout(() => setRefusal(undefined), REFUSAL_SHOWN);
        }
      },
    },
  };
}

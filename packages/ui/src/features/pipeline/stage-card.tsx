import type { Promotion, Stage } from '@kargo/api';
import { Link, useMatch, useNavigate } from 'react-router';
import { StatusShape } from '../../components/status-shape.tsx';
import type { ProjectData } from '../../data/project-store.ts';
import { versionOf } from '../../pipeline/cells.ts';
import { upstreamsOf } from '../../pipeline/ranks.ts';
import { lookOfStage } from '../../pipeline/state.ts';

interface Props {
  project: string;
  stage: Stage;
  origin: string;
  data: ProjectData;
  promotions: readonly Promotion[];
}

/** A stage on the board: what it runs, how it stands, what comes in from where. */
export function StageCard({ project, stage, origin, data, promotions }: Props): React.ReactNode {
  const name = stage.metadata.name ?? '';
  const { status } = stage;
  const look = lookOfStage(stage);
  const open = useMatch(`/project/${project}/stage/${name}`) !== null;
  const navigate = useNavigate();
  const reference = status?.freightHistory?.[0]?.items?.[`Warehouse/${origin}`];
  const alias = data.freight.get(reference?.name ?? '')?.alias ?? reference?.name?.slice(0, 7);
  const running = promotions.find(({ metadata }) => metadata.name === status?.currentPromotion?.name);
  const upstreams = upstreamsOf(stage, origin);
  const message = status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
  return (
    <article
      className={open ? 'card open' : 'card'}
      onClick={() => void navigate(`/project/${project}/stage/${name}`)}
      aria-label={`Stage ${name}, ${look.word}`}
    >
      <header>
        <StatusShape look={look} />
        <h3>
          <Link to={`/project/${project}/stage/${name}`} onClick={(event) => event.stopPropagation()}>
            {name}
          </Link>
        </h3>
        <span className="chip">{status?.autoPromotionEnabled === true ? 'Auto' : 'Manual'}</span>
        <span className="grow" />
        <span className={`phase ${look.tone}`}>{look.word}</span>
      </header>
      <p>
        {alias === undefined ? (
          <span className="muted">Nothing deployed yet</span>
        ) : (
          <>
            <strong>{alias}</strong> <span className="mono">{versionOf(reference ?? {})}</span>
          </>
        )}
      </p>
      <p className="muted line-2">
        {running === undefined
          ? message
          : `Step ${(running.status?.currentStep ?? 0) + 1} of ${running.spec.steps.length}, ${running.spec.steps[running.status?.currentStep ?? 0]?.uses ?? ''}`}
      </p>
      {running === undefined ? null : (
        <div className="segments" aria-hidden="true">
          {running.spec.steps.map((step, index) => (
            <i
              key={step.as ?? index}
              className={
                index < (running.status?.currentStep ?? 0) ? 'done' : index === (running.status?.currentStep ?? 0) ? 'now' : ''
              }
            />
          ))}
        </div>
      )}
      <footer>
        <span className={status?.health?.status === 'Healthy' ? 'ok' : status?.health?.status === 'Unhealthy' ? 'bad' : 'muted'}>
          {status?.health?.status ?? 'Health not observed'}
        </span>
        <span className="grow" />
        <span className="muted">{upstreams.length === 0 ? `from ${origin}` : `takes from ${upstreams.join(', ')}`}</span>
      </footer>
    </article>
  );
}

import type { Freight, Stage } from '@kargo/api';
import { memo } from 'react';
import { Link } from 'react-router';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { currentOf, labelOf, subjectOf, versionOf } from '../../pipeline/cells.ts';
import { ageOf } from '../../pipeline/freight-index.ts';
import { factsOf } from './facts.ts';
import type { Model } from './use-model.ts';

/** Stages that are named in a row; of more there is the number. */
const NAMED = 3;

interface Props {
  project: string;
  origin: string;
  freight: Freight;
  stages: readonly Stage[];
  model: Model;
  next: ReadonlyMap<string | undefined, Freight>;
  top: number;
  index: number;
}

/** A piece of freight where there is no room for columns: what it is, where it runs, and where it may go with a thumb. */
export const PhoneRow = memo(function PhoneRow({
  project,
  origin,
  freight,
  stages,
  model,
  next,
  top,
  index,
}: Props): React.ReactNode {
  const name = freight.metadata.name ?? '';
  const { search } = window.location;
  const here = stages.filter((stage) => currentOf(stage, origin) === name);
  const ready = stages.filter(
    (stage) => next.get(stage.metadata.name) === freight && stage.status?.autoPromotionEnabled !== true,
  );
  const [entry] = stages;
  return (
    <div className="fr phone-row" style={{ transform: `translateY(${top}px)` }} role="row" aria-rowindex={index + 1}>
      <div role="gridcell">
        <Link className="id" to={{ pathname: `/project/${project}/freight/${name}`, search }}>
          <Time at={ageOf(freight)} clock />
          <span className="words">
            <span className="a">
              <span className="alias">{labelOf(freight)}</span> <span className="ver">{versionOf(freight)}</span>
            </span>
            <span className="s">{subjectOf(freight)}</span>
          </span>
        </Link>
      </div>
      <div className="places" role="gridcell">
        {here.slice(0, NAMED).map((stage) => (
          <Node key={stage.metadata.name} stage={stage} {...{ freight, origin, model, next }} />
        ))}
        {here.length > NAMED ? <span className="muted">and {here.length - NAMED} more stages</span> : null}
        {ready.slice(0, 1).map((stage) => {
          const to = stage.metadata.name ?? '';
          return (
            <Link key={to} className="btn primary" to={`/project/${project}/promote/freight/${name}/stage/${to}`}>
              Promote <span className="unseen">{labelOf(freight)} </span>to {to}
            </Link>
          );
        })}
        {ready.length > 1 ? <span className="muted">and {ready.length - 1} more</span> : null}
        {here.length + ready.length > 0 || entry === undefined ? null : (
          <Node stage={entry} isPlain {...{ freight, origin, model, next }} />
        )}
      </div>
    </div>
  );
});

/** What the freight is to one stage. */
function Node({
  stage,
  freight,
  origin,
  model,
  next,
  isPlain = false,
}: Pick<Props, 'freight' | 'origin' | 'model' | 'next'> & { stage: Stage; isPlain?: boolean }): React.ReactNode {
  const name = stage.metadata.name ?? '';
  const cell = factsOf({ freight, origin, model, next }, stage, true);
  return (
    <span className={`node ${isPlain ? 'past' : 'here'} ${cell.tone}`}>
      <StatusShape look={cell} />
      <span className="word">{isPlain ? `${cell.word} in ${name}` : name}</span>
      {isPlain || cell.word === 'Running' ? null : <span className="k">{cell.word}</span>}
    </span>
  );
}

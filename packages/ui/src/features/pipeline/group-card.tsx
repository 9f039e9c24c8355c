import type { Stage } from '@kargo/api';
import { useState } from 'react';
import { Link } from 'react-router';
import { Icon } from '../../components/icon.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { currentOf, labelOf } from '../../pipeline/cells.ts';
import { countsOf, worstFirst } from '../../pipeline/groups.ts';
import type { Model } from './use-model.ts';

/** So many are drawn as shapes; more than that as the worst of them and counts. */
const SHAPES = 24;
/** So many are listed when one opens the card. */
const LISTED = 100;

interface Props {
  project: string;
  label: string;
  stages: readonly Stage[];
  origin: string;
  model: Model;
}

/** Many stages that take the same, as one card: a shape each, worst first, and how many stand how. */
export function GroupCard({ project, label, stages, origin, model }: Props): React.ReactNode {
  const [open, setOpen] = useState(false);
  const counts = countsOf(stages);
  const sorted = worstFirst(stages);
  const [worst] = counts;
  const title = label === '' ? 'Others' : label;
  const search = window.location.search;
  return (
    <article
      className="card group"
      aria-label={`${stages.length} stages ${title}, ${counts.map(({ count, word }) => `${count} ${word}`).join(', ')}`}
    >
      <header>
        {worst === undefined ? null : <StatusShape look={worst.look} />}
        <h3 title={title}>{title}</h3>
        <span className="chip">{stages.length} stages</span>
        <span className="grow" />
        <button
          type="button"
          className="icon-btn"
          aria-expanded={open}
          aria-label={open ? `Fold ${title}` : `Unfold ${title}`}
          onClick={() => setOpen(!open)}
        >
          <Icon name="chevron" className={open ? 'up' : undefined} />
        </button>
      </header>
      {open ? (
        <ul className="members">
          {sorted.slice(0, LISTED).map(({ stage, look }) => {
            const name = stage.metadata.name ?? '';
            const freight = model.data.freight.get(currentOf(stage, origin) ?? '');
            return (
              <li key={name}>
                <StatusShape look={look} />
                <Link to={{ pathname: `/project/${project}/stage/${name}`, search }}>{name}</Link>
                <span className="grow" />
                <span className="muted">{freight === undefined ? look.word : labelOf(freight)}</span>
              </li>
            );
          })}
          {sorted.length > LISTED ? (
            <li>
              <Link to={`/project/${project}?view=list`}>All {sorted.length} in the list</Link>
            </li>
          ) : null}
        </ul>
      ) : (
        <div className="heat">
          {sorted.slice(0, SHAPES).map(({ stage, look }) => {
            const name = stage.metadata.name ?? '';
            return (
              <Link
                key={name}
                to={{ pathname: `/project/${project}/stage/${name}`, search }}
                title={`${name}: ${look.word}`}
                aria-label={`Stage ${name}, ${look.word}`}
              >
                <StatusShape look={look.shape === 'check' ? { ...look, shape: 'ring-check' } : look} />
              </Link>
            );
          })}
          {sorted.length > SHAPES ? <span className="muted small-text">+{sorted.length - SHAPES}</span> : null}
        </div>
      )}
      <footer className="muted">{counts.map(({ count, word }) => `${count} ${word}`).join(', ')}</footer>
    </article>
  );
}

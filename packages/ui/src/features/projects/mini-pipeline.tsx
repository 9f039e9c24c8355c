import { Fragment } from 'react';
import { StatusShape } from '../../components/status-shape.tsx';
import type { MiniRank } from '../../pipeline/overview.ts';

/** Ranks drawn before the rest is left out. */
const DRAWN = 8;

/** A pipeline as a row of shapes. */
export function MiniPipeline({ ranks }: { ranks: readonly MiniRank[] }): React.ReactNode {
  const label = ranks
    .map(({ looks, count }) => `${count} ${count === 1 ? 'stage' : 'stages'}: ${looks.map(({ word }) => word).join(', ')}`)
    .join('; ');
  return (
    <span className="mini-pipeline" role="img" aria-label={label} title={label}>
      {ranks.slice(0, DRAWN).map(({ looks, count }, index) => (
        <Fragment key={index}>
          {index === 0 ? null : <i />}
          <span className={looks.length > 1 ? 'pair' : ''}>
            {looks.map((look, at) => (
              <StatusShape key={at} look={look.shape === 'check' ? { ...look, shape: 'ring-check' } : look} />
            ))}
          </span>
          {count > looks.length ? <span className={looks[0]?.tone}>{count}</span> : null}
        </Fragment>
      ))}
    </span>
  );
}

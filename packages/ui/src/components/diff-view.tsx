import { useId, useMemo, useState } from 'react';
import { harmless } from '../data/log-lines.ts';
import { countChanges, parseDiff } from '../pipeline/diff.ts';

interface Props {
  title: string;
  /** More about it, after the title. */
  subtitle?: string | undefined;
  change: 'added' | 'modified' | 'deleted';
  diff: string | undefined;
  /** Said in place of a diff. */
  instead?: string | undefined;
  truncated?: boolean | undefined;
}

/** Lines drawn before one asks for all. */
const DRAWN = 400;

/** How one file or object would change. */
export function DiffView({ title, subtitle, change, diff, instead, truncated }: Props): React.ReactNode {
  const heading = useId();
  const [all, setAll] = useState(false);
  const lines = useMemo(() => (diff === undefined ? [] : parseDiff(diff)), [diff]);
  const { added, removed } = countChanges(lines);
  const shown = all ? lines : lines.slice(0, DRAWN);
  return (
    <section className="diff" aria-labelledby={heading}>
      <header>
        <h4 id={heading} className="mono">
          {title}
        </h4>
        {subtitle === undefined ? null : <span className="muted small-text">{subtitle}</span>}
        {change === 'modified' ? null : <span className="chip">{change}</span>}
        <span className="grow" />
        <span className="small-text">
          <span className="ok">+{added}</span> <span className="bad">−{removed}</span>
        </span>
      </header>
      {instead === undefined ? null : <p className="muted">{instead}</p>}
      <div className="diff-lines" tabIndex={0} role="region" aria-label={`Diff of ${title}`}>
        {shown.map(({ kind, text, before, after }, index) => (
          <div key={index} className={kind}>
            <span className="number">{before}</span>
            <span className="number">{after}</span>
            <span className="sign">{kind === 'added' ? '+' : kind === 'removed' ? '−' : ''}</span>
            <span className="text">{kind === 'gap' ? `… ${harmless(text)}` : harmless(text)}</span>
          </div>
        ))}
      </div>
      {shown.length < lines.length ? (
        <button type="button" className="btn small" onClick={() => setAll(true)}>
          Show all {lines.length} lines
        </button>
      ) : null}
      {truncated === true ? <p className="muted small-text">The diff was too long and is cut off here.</p> : null}
    </section>
  );
}

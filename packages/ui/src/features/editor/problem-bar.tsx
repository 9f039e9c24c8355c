import { StatusShape } from '../../components/status-shape.tsx';
import type { Problem } from '../../manifest/problems.ts';

/** The first thing that is wrong, where, and what would mend it; how many more there are. */
export function ProblemBar({
  problems,
  goTo,
  replace,
}: {
  problems: readonly Problem[];
  goTo: (problem: Problem) => void;
  replace: (problem: Problem) => void;
}): React.ReactNode {
  const [first, ...others] = problems;
  if (first === undefined) return null;
  return (
    <div className="problem-bar" role="status" aria-label="Problems">
      <StatusShape look={{ shape: 'failed', tone: 'bad' }} />
      <span className="problem-text">
        {first.line > 0 ? (
          <button type="button" className="link-button strong" onClick={() => goTo(first)}>
            Line {first.line}.
          </button>
        ) : null}{' '}
        {nameOf(first)}
        {first.message}
        {others.length === 0 ? null : (
          <span className="muted">
            {' '}
            And {others.length} more
            {others.some(({ line }) => line > 0)
              ? `: ${others
                  .slice(0, 6)
                  .map(({ line }) => `line ${line}`)
                  .join(', ')}`
              : ''}
            .
          </span>
        )}
      </span>
      <span className="grow" />
      {first.meant === undefined ? null : (
        <button type="button" className="btn small" onClick={() => replace(first)}>
          Replace
        </button>
      )}
    </div>
  );
}

/** All that is odd, and that it does not stand in the way of saving. */
export function WarningBar({
  warnings,
  goTo,
  replace,
}: {
  warnings: readonly Problem[];
  goTo: (problem: Problem) => void;
  replace: (problem: Problem) => void;
}): React.ReactNode {
  if (warnings.length === 0) return null;
  return (
    <div className="problem-bar warnings" role="status" aria-label="Warnings">
      <StatusShape look={{ shape: 'error', tone: 'wait' }} />
      <div className="problem-text">
        {warnings.length === 1
          ? 'One warning. It can be saved all the same.'
          : `${warnings.length} warnings. It can be saved all the same.`}
        <ul>
          {warnings.map((warning) => (
            <li key={`${warning.from} ${warning.message}`}>
              <button type="button" className="link-button strong" onClick={() => goTo(warning)}>
                Line {warning.line}.
              </button>{' '}
              {warning.message}
              {warning.meant === undefined ? null : (
                <>
                  {' '}
                  <button type="button" className="link-button" onClick={() => replace(warning)}>
                    Replace
                  </button>
                </>
              )}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** The field that it is about, where the message does not name it. */
function nameOf({ path, message }: Problem): string {
  const field = path?.findLast((part) => typeof part === 'string');
  return field === undefined || message.includes(field) || message.startsWith('There is no') ? '' : `${field}: `;
}

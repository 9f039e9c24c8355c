import type { PromotionStep } from '@kargo/api';
import { useSeconds } from '../../components/use-now.ts';

/** Seconds after which somebody may want to know what takes so long. */
const LONG = 3;

/** Says that a preview is being made, for how long already and of what, and how to have that stopped. */
export function Rehearsal({
  since,
  steps = [],
  stop,
}: {
  /** Epoch milliseconds. */
  since: number;
  steps?: readonly PromotionStep[] | undefined;
  stop: () => void;
}): React.ReactNode {
  const seconds = Math.max(0, Math.floor((useSeconds() - since) / 1000));
  return (
    <div className="notice muted rehearsal">
      <p role="status">Rehearsing the steps to see what would change. Nothing is done yet.</p>
      <p className="actions">
        <progress aria-label="Rehearsing" />
        <button type="button" className="btn small" onClick={stop}>
          Stop the rehearsal
        </button>
      </p>
      {seconds < LONG ? null : (
        <p className="small-text">
          {`${seconds} s so far. `}
          {steps.length === 0 ? '' : `It clones, edits and renders for ${countText(steps)}. `}
          Large repositories take longest the first time.
        </p>
      )}
    </div>
  );
}

function countText(steps: readonly PromotionStep[]): string {
  const names = steps.slice(0, 6).map(({ as, uses, task }) => as ?? uses ?? task?.name ?? 'a step');
  return steps.length > 6 ? `${names.join(', ')} and ${steps.length - 6} more` : names.join(', ');
}

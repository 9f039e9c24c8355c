import { StatusShape } from '../../components/status-shape.tsx';
import { useNow } from '../../components/use-now.ts';
import { silences } from '../../pipeline/headline.ts';
import type { Silence } from '../pipeline/use-silence.ts';

/** Says of every controller that is silent since when, and what that means for what one sees. */
export function SilenceBanner({ silent }: { silent: Silence }): React.ReactNode {
  const now = Math.floor(useNow() / 10_000) * 10_000;
  if (silent.size === 0) return null;
  return (
    <div className="silence" role="status" aria-label="Controllers that do not report">
      {silences(silent, now).map(({ text, why }) => (
        <p key={why}>
          <StatusShape look={{ shape: 'unknown', tone: 'wait' }} />
          <strong>{text}</strong> <span>{why}</span>
        </p>
      ))}
    </div>
  );
}

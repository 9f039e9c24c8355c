import { EXACT } from '../pipeline/time-text.ts';
import { useNow } from './use-now.ts';

/** How long ago something was, kept current; the exact time on hover. */
export function Ago({ at }: { at: string | undefined }): React.ReactNode {
  const now = useNow();
  if (at === undefined) return null;
  const date = new Date(at);
  return (
    <time dateTime={at} title={Number.isNaN(date.getTime()) ? undefined : EXACT.format(date)}>
      {agoText(now - date.getTime())}
    </time>
  );
}

/** A span of time as people say it. */
export function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  return days === 1 ? 'yesterday' : `${days} days ago`;
}

import { dayOrTime, EXACT, TIME_OF_DAY } from '../pipeline/time-text.ts';

/** A time as people speak of it; the exact one on hover and focus. `clock`: the time of day, where the day stands elsewhere. */
export function Time({ at, clock }: { at: string | undefined; clock?: boolean | undefined }): React.ReactNode {
  if (at === undefined) return null;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  return (
    <time dateTime={at} title={EXACT.format(date)}>
      {clock === true ? TIME_OF_DAY.format(date) : dayOrTime(date, Date.now())}
    </time>
  );
}

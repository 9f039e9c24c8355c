import { dayOrTime, EXACT, SECOND_OF_DAY, TIME_OF_DAY } from '../pipeline/time-text.ts';

interface Props {
  at: string | undefined;
  /** The time of day, where the day stands elsewhere. */
  clock?: boolean | undefined;
  /** The time of day to the second, for what follows closely on each other. */
  seconds?: boolean | undefined;
}

/** A time as people speak of it; the exact one on hover and focus. */
export function Time({ at, clock, seconds }: Props): React.ReactNode {
  if (at === undefined) return null;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  return (
    <time dateTime={at} title={EXACT.format(date)}>
      {seconds === true ? SECOND_OF_DAY.format(date) : clock === true ? TIME_OF_DAY.format(date) : dayOrTime(date, Date.now())}
    </time>
  );
}

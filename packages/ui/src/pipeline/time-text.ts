// Made once: each costs as much as hundreds of uses.

export const TIME_OF_DAY = new Intl.DateTimeFormat([], { hour: 'numeric', minute: '2-digit' });
export const SECOND_OF_DAY = new Intl.DateTimeFormat([], { hour: 'numeric', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short' });
export const EXACT = new Intl.DateTimeFormat([], { dateStyle: 'full', timeStyle: 'long' });

/** The time of day; the day for what was not on the day of `now` (epoch milliseconds). */
export function dayOrTime(date: Date, now: number): string {
  const today = new Date(now);
  const isToday =
    date.getDate() === today.getDate() && date.getMonth() === today.getMonth() && date.getFullYear() === today.getFullYear();
  return (isToday ? TIME_OF_DAY : DAY).format(date);
}

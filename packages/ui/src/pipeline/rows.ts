import type { Freight } from '@kargo/api';
import { ageOf } from './freight-index.ts';
import { inUse } from './groups.ts';

/** A row of the timeline. */
export type Row =
  | { kind: 'day'; key: string; label: string }
  | { kind: 'freight'; key: string; freight: Freight; place: number }
  | { kind: 'older'; key: string; count: number; used: number };

/** Freight shown before what is older and not in use is folded away. */
const SHOWN = 50;

/** Rows of the timeline: newest first, a heading for each day, older unused Freight folded into one row unless `all`. */
export function rowsOf(freight: readonly Freight[], { all, now }: { all: boolean; now: number }): Row[] {
  const rows: Row[] = [];
  let day = '';
  let dayKey = -1;
  let folded = 0;
  for (const [index, each] of freight.entries()) {
    if (!all && index >= SHOWN && !inUse(each)) {
      folded += 1;
      continue;
    }
    const date = new Date(ageOf(each));
    // Numbers first: naming a day costs a hundred times as much as telling that it is another.
    const key = date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
    if (key !== dayKey) {
      const label = dayOf(date, now);
      // Today needs no heading at the top.
      if (label !== day && !(rows.length === 0 && label === 'Today')) rows.push({ kind: 'day', key: `day ${label}`, label });
      day = label;
      dayKey = key;
    }
    rows.push({ kind: 'freight', key: each.metadata.name ?? '', freight: each, place: index });
  }
  if (folded > 0) rows.push({ kind: 'older', key: 'older', count: folded, used: 0 });
  return rows;
}

function dayOf(date: Date, now: number): string {
  if (Number.isNaN(date.getTime())) return 'Not known when';
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) return 'Today';
  const yesterday = new Date(now - 86_400_000);
  if (date.toDateString() === yesterday.toDateString()) return 'Yesterday';
  const sameYear = date.getFullYear() === today.getFullYear();
  return date.toLocaleDateString([], {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
}

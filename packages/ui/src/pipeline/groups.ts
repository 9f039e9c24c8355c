import type { Freight, Stage } from '@kargo/api';
import type { Cell } from './cells.ts';
import { lookOfStage, type Look, type Tone } from './state.ts';

/** What stands in a column of the board: one stage, or several drawn as one. */
export type Unit = { kind: 'stage'; stage: Stage } | { kind: 'group'; key: string; label: string; stages: readonly Stage[] };

/** So many that take the same are drawn as one. */
const ALIKE = 4;
/** More units than this in a column are no picture: what does not fit is drawn as one. */
const TALLEST = 6;

/** The units of a column, those of the same requests together. */
export function unitsOf(column: readonly Stage[]): Unit[] {
  const byRequest = new Map<string, Stage[]>();
  for (const stage of column) {
    const key = JSON.stringify(stage.spec.requestedFreight);
    const list = byRequest.get(key);
    if (list === undefined) byRequest.set(key, [stage]);
    else list.push(stage);
  }
  const units: Unit[] = [];
  const single: Stage[] = [];
  for (const stages of byRequest.values())
    if (stages.length >= ALIKE) units.push(groupOf(stages));
    else single.push(...stages);
  single.sort(byName);
  if (units.length + single.length <= TALLEST) return [...units, ...single.map((stage): Unit => ({ kind: 'stage', stage }))];
  // What does not fit is one group: a column of many groups is no picture either.
  return units.length < TALLEST ? [...units, groupOf(single)] : [groupOf(column.toSorted(byName))];
}

function byName(a: Stage, b: Stage): number {
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

function groupOf(stages: readonly Stage[]): Unit {
  const names = stages.map(({ metadata }) => metadata.name ?? '');
  return { kind: 'group', key: names[0] ?? '', label: commonName(names), stages };
}

/** What names have in common at their beginning, else at their end; empty if nothing. */
export function commonName(names: readonly string[]): string {
  const [first = '', ...others] = names;
  const parts = first.split('-');
  for (let length = parts.length; length > 0; length--) {
    const start = parts.slice(0, length).join('-');
    if (others.every((name) => name === start || name.startsWith(`${start}-`))) return start;
  }
  for (let from = 1; from < parts.length; from++) {
    const end = parts.slice(from).join('-');
    if (others.every((name) => name === end || name.endsWith(`-${end}`))) return end;
  }
  return '';
}

const WORST: readonly Tone[] = ['bad', 'wait', 'hold', 'run', 'idle', 'ok'];

/** Sorts what needs somebody to the front. */
export function worstFirst(stages: readonly Stage[]): { stage: Stage; look: Look }[] {
  return stages
    .map((stage) => ({ stage, look: lookOfStage(stage) }))
    .toSorted((a, b) => WORST.indexOf(a.look.tone) - WORST.indexOf(b.look.tone));
}

export interface Count {
  tone: Tone;
  word: string;
  count: number;
  look: Look;
}

/** How many stages stand how, worst first. */
export function countsOf(stages: readonly Stage[]): Count[] {
  const counts = new Map<string, Count>();
  for (const { look } of worstFirst(stages)) {
    const known = counts.get(look.word);
    if (known === undefined) counts.set(look.word, { tone: look.tone, word: look.word.toLowerCase(), count: 1, look });
    else known.count += 1;
  }
  return [...counts.values()];
}

/** What the board says about one Freight in a group of stages. */
export interface GroupCell {
  /** Pills of what is there now, worst first. */
  here: { look: Look; count: number; names: string[] }[];
  /** Where nothing is there: what the others have to say, in short. */
  rest: Look | undefined;
  /** As a sentence. */
  label: string;
}

export function groupCellOf(cells: readonly { stage: Stage; cell: Cell }[]): GroupCell {
  const here = new Map<string, { look: Look; count: number; names: string[] }>();
  const others = new Map<string, { look: Look; count: number; words: Set<string> }>();
  for (const { stage, cell } of cells) {
    if (cell.here) {
      const known = here.get(cell.word);
      if (known === undefined) here.set(cell.word, { look: cell, count: 1, names: [stage.metadata.name ?? ''] });
      else {
        known.count += 1;
        known.names.push(stage.metadata.name ?? '');
      }
    } else {
      const kind = kindOf(cell.word);
      const known = others.get(kind);
      if (known === undefined) others.set(kind, { look: cell, count: 1, words: new Set([cell.word]) });
      else {
        known.count += 1;
        known.words.add(cell.word);
      }
    }
  }
  const pills = [...here.values()].toSorted((a, b) => WORST.indexOf(a.look.tone) - WORST.indexOf(b.look.tone));
  const [most, ...more] = [...others].toSorted(([, a], [, b]) => b.count - a.count);
  const rest = most === undefined ? undefined : { ...most[1].look, word: sumOf(most[0], most[1], cells.length, more.length > 0) };
  const label = [...pills.map(({ look, count }) => `${look.word} in ${count}`), ...(rest === undefined ? [] : [rest.word])].join(
    ', ',
  );
  return { here: pills, rest: pills.length > 0 ? undefined : rest, label };
}

const PREFIXES = ['After', 'Not verified in', 'Passed over', 'Opens', 'Left'];

/** What words have in common that differ only in which stage or when. */
function kindOf(word: string): string {
  return PREFIXES.find((prefix) => word.startsWith(prefix)) ?? word;
}

function sumOf(
  kind: string,
  { words, count }: { words: ReadonlySet<string>; count: number },
  of: number,
  mixed: boolean,
): string {
  const [first = kind] = words;
  const names = [...words].map((word) => word.slice(kind.length + 1));
  const word =
    words.size === 1 && kind !== 'Passed over'
      ? first
      : kind === 'After' || kind === 'Not verified in'
        ? `${kind} ${commonName(names) || 'those before'}`
        : kind;
  if (mixed) return `${word} in ${count} of ${of}`;
  return kind === 'After' || kind === 'Opens' || kind === 'Not verified in' ? word : `${word} in all ${of}`;
}

/** The row in which the slowest member's line ends; -1 if none runs what is shown. */
export function lowestRow(
  stages: readonly Stage[],
  rowOf: ReadonlyMap<string, number>,
  current: (stage: Stage) => string | undefined,
): number {
  return Math.max(-1, ...stages.map((stage) => rowOf.get(current(stage) ?? '') ?? -1));
}

/** Freight that any stage of a project runs, or is being promoted to. */
export function inUse(freight: Freight): boolean {
  return Object.keys(freight.status?.currentlyIn ?? {}).length > 0;
}

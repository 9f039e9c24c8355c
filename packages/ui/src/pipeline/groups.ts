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
  single.sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const room = Math.max(0, TALLEST - units.length);
  if (single.length > room) units.push(groupOf(single));
  else units.push(...single.map((stage): Unit => ({ kind: 'stage', stage })));
  return units;
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
  const others = new Map<string, { look: Look; count: number }>();
  for (const { stage, cell } of cells) {
    if (cell.here) {
      const known = here.get(cell.word) ?? { look: cell, count: 0, names: [] };
      here.set(cell.word, { ...known, count: known.count + 1, names: [...known.names, stage.metadata.name ?? ''] });
    } else {
      const known = others.get(cell.word) ?? { look: cell, count: 0 };
      others.set(cell.word, { ...known, count: known.count + 1 });
    }
  }
  const pills = [...here.values()].toSorted((a, b) => WORST.indexOf(a.look.tone) - WORST.indexOf(b.look.tone));
  const [most, ...more] = [...others.values()].toSorted((a, b) => b.count - a.count);
  const rest =
    most === undefined
      ? undefined
      : {
          shape: most.look.shape,
          tone: most.look.tone,
          word:
            more.length === 0 && pills.length === 0
              ? allOf(most.look.word, cells.length)
              : someOf(most.look.word, most.count, cells.length),
        };
  const label = [...pills.map(({ look, count }) => `${look.word} in ${count}`), ...(rest === undefined ? [] : [rest.word])].join(
    ', ',
  );
  return { here: pills, rest: pills.length > 0 ? undefined : rest, label };
}

function allOf(word: string, count: number): string {
  return word.startsWith('After ') || word.startsWith('Opens ') ? word : `${word} in all ${count}`;
}

function someOf(word: string, count: number, of: number): string {
  return word.startsWith('After ') || word.startsWith('Opens ') ? word : `${word} in ${count} of ${of}`;
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

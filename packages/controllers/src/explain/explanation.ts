/** Answers to "why is this not moving, and what would move it?", the same for the command line, the API and the UI. */
import type { ObjectKey } from '@kargo/api';
import type { Wait } from '@kargo/kube';
import { TO_BE_ANNOUNCED } from '../events/announcers.ts';

/** How an object stands, coarsely. `moving`: work is being done. `waiting`: something has to happen first. `stuck`: a person must act. */
export type Standing = 'settled' | 'moving' | 'waiting' | 'stuck';

/** A thing that somebody can do, as a command. */
export interface Action {
  what: string;
  command: string;
  /** Who may do it. */
  who?: string | undefined;
}

/** One condition on the way, in the order in which they count. */
export interface Gate {
  name: string;
  met: boolean;
  /** What is the case. */
  fact: string;
  /** When time alone opens it (RFC 3339). */
  opensAt?: string | undefined;
  /** What opens it without anybody's doing, in words; where time does, `opensAt` says when. */
  awaits?: string | undefined;
  /** What a person can do to open it. */
  action?: Action | undefined;
}

/** Something that ends a wait. */
export interface Trigger {
  kind: 'event' | 'deadline' | 'poll';
  what: string;
  /** RFC 3339. */
  at?: string | undefined;
}

export interface Explanation {
  kind: string;
  name: string;
  project: string;
  standing: Standing;
  /** One sentence. */
  summary: string;
  gates: Gate[];
  /** What would move it, earliest first where that is known. */
  triggers: Trigger[];
  /** The earliest instant at which it moves without anybody's doing (RFC 3339), if there is one. */
  earliest?: string | undefined;
  actions: Action[];
}

/** The waits of an object as the runtime of this process knows them; empty where it runs elsewhere. */
export type WaitsOf = (kind: string, namespace: string, name: string) => readonly Wait[];

/** The waits of an object that say something about it: not those of who merely tells people of it. */
export function waitsFor(waitsOf: WaitsOf, kind: string, { namespace = '', name }: ObjectKey): readonly Wait[] {
  return waitsOf(kind, namespace, name).filter(({ reason }) => reason !== TO_BE_ANNOUNCED);
}

/** RFC 3339 of an instant. */
export function instant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** What ends waits, without repetition, timed ones first. */
export function triggersOf(waits: readonly Wait[]): Trigger[] {
  const triggers = waits
    .flatMap(({ until }) => until)
    .map((wake): Trigger =>
      wake.kind === 'event' ? { kind: 'event', what: wake.on } : { kind: wake.kind, what: wake.why, at: instant(wake.at) },
    );
  const unique = triggers.filter(
    (trigger, index) => triggers.findIndex((other) => other.what === trigger.what && other.at === trigger.at) === index,
  );
  return unique.toSorted((a, b) => ((a.at ?? '9999') < (b.at ?? '9999') ? -1 : 1));
}

/** What closed gates wait for, beside what the runtime of this process knows. */
export function triggersOfGates(gates: readonly Gate[]): Trigger[] {
  return gates.flatMap(({ name, met, awaits, opensAt }): Trigger[] => {
    if (met) return [];
    const timed: Trigger[] =
      opensAt === undefined ? [] : [{ kind: 'deadline', what: `enough time has passed (${name})`, at: opensAt }];
    return awaits === undefined ? timed : [...timed, { kind: 'event', what: awaits }];
  });
}

/** Who may promote to a Stage, approve for it and end what goes on in it. */
export function promotersOf(stage: string): string {
  return `whoever may promote to Stage ${stage}`;
}

/**
 * What an explanation fails to tell, in words: nothing for a whole one. What is not settled says what would move it, what a person has to
 * do says by which command and who may, and a closed gate says what opens it. For tests and for looking after an installation.
 */
export function shortcomings({ summary, standing, gates, triggers, actions, earliest }: Explanation): string[] {
  const out: string[] = [];
  if (summary === '') out.push('no summary');
  if ((standing === 'waiting' || standing === 'moving') && triggers.length + actions.length === 0)
    out.push('nothing would move it');
  if (standing === 'stuck' && actions.length === 0) out.push('nobody can do anything');
  const offered = [...actions, ...gates.flatMap(({ action }) => action ?? [])];
  for (const { command, who = '' } of offered)
    if (command === '' || who === '') out.push('an action that does not say how, or who');
  if (standing !== 'settled')
    for (const { name, met, awaits, opensAt, action } of gates)
      if (!met && awaits === undefined && opensAt === undefined && action === undefined) out.push(`nothing opens ${name}`);
  const instants = gates.flatMap(({ met, opensAt }) => (met || opensAt === undefined ? [] : [opensAt]));
  if (instants.some((at) => earliest === undefined || earliest > at)) out.push('no earliest instant, though time opens a gate');
  return out;
}

/** The earliest of instants; polls do not count, as they only look. */
export function earliestOf(gates: readonly Gate[], triggers: readonly Trigger[]): string | undefined {
  const instants = [
    ...gates.flatMap(({ met, opensAt }) => (met || opensAt === undefined ? [] : [opensAt])),
    ...triggers.flatMap(({ kind, at }) => (kind === 'deadline' && at !== undefined ? [at] : [])),
  ];
  return instants.toSorted()[0];
}

/** What the runtime of this process knows of, or where it knows nothing, what closed gates wait for. */
export function triggersOrElse(known: readonly Trigger[], fromGates: readonly Trigger[]): Trigger[] {
  if (known.length > 0) return [...known];
  return fromGates
    .filter((trigger, index) => fromGates.findIndex(({ what, at }) => what === trigger.what && at === trigger.at) === index)
    .toSorted((x, y) => ((x.at ?? '9999') < (y.at ?? '9999') ? -1 : (x.at ?? '9999') > (y.at ?? '9999') ? 1 : 0));
}

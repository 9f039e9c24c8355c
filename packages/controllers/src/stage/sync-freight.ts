import { freightNames, isReason, type Freight } from '@kargo/api';
import { timestamp } from '@kargo/kube';
import { isCurrentlyIn, soakMilliseconds, soakText } from '../availability/soak.ts';
import { identity, type StagePass, type StageStep } from './pass.ts';

type FreightStatus = NonNullable<Freight['status']>;

/**
 * Changes the status of a piece of Freight: reads it anew, calls `change` with a private copy, and writes the difference, again if
 * somebody else wrote in between. Fails with `NotFound`.
 */
export type UpdateFreight = (project: string, name: string, change: (status: FreightStatus) => void) => Promise<void>;

export interface SyncFreightDeps {
  /** Freight that is recorded as being in the Stage. */
  freightIn: (project: string, stage: string) => readonly Freight[];
  /** Freight by name, as last seen. */
  getFreight: (project: string, name: string) => Freight | undefined;
  updateFreight: UpdateFreight;
}

/**
 * Records on Freight that it is in the Stage, or for how long it was. Freight that is deployed and does not exist is a problem, but does
 * not keep the Stage from being repaired by another Promotion.
 */
export function syncFreight({ freightIn, getFreight, updateFreight }: SyncFreightDeps): StageStep {
  return async (pass) => {
    const { name: stage, project } = identity(pass);
    const [current, previous] = pass.status.freightHistory ?? [];
    const wanted = current === undefined ? [] : freightNames(current);
    const recorded = freightIn(project, stage).map(({ metadata }) => metadata.name ?? '');
    // What arrived a moment ago may not be known to be here yet.
    const replaced = pass.notes.deployed === true && previous !== undefined ? freightNames(previous) : [];
    for (const name of new Set([...recorded, ...replaced])) {
      if (wanted.includes(name)) continue;
      await ifExists(() => updateFreight(project, name, (status) => leave(status, stage, pass.now)));
    }
    for (const name of wanted) {
      const freight = getFreight(project, name);
      if (freight !== undefined && isCurrentlyIn(freight, stage)) continue;
      const exists = await ifExists(() => updateFreight(project, name, (status) => enter(status, stage, pass.now)));
      if (!exists) pass.problems.push(missingFreight(pass, name));
    }
  };
}

/** Whether what the action is about exists: false when it fails with `NotFound`. */
export async function ifExists(action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (isReason(error, 'NotFound')) return false;
    throw error;
  }
}

/** The problem of Freight that is deployed in the Stage and does not exist. */
export function missingFreight(pass: StagePass, name: string): Error {
  const { name: stage, project } = identity(pass);
  return new Error(`Freight ${name}, which is in Stage ${stage}, does not exist in Project ${project}; promote other Freight`);
}

/** Records that Freight arrived in the Stage; an earlier arrival stands. */
export function enter(status: FreightStatus, stage: string, now: number): void {
  if (status.currentlyIn !== undefined && Object.hasOwn(status.currentlyIn, stage)) return;
  status.currentlyIn = { ...status.currentlyIn, [stage]: { since: timestamp(now) } };
}

/** Records that Freight left the Stage: if it was verified there, how long it stayed, when that is longer than ever before. */
export function leave(status: FreightStatus, stage: string, now: number): void {
  const { [stage]: stay, ...others } = status.currentlyIn ?? {};
  if (stay === undefined) return;
  status.currentlyIn = others;
  const verified = status.verifiedIn?.[stage];
  const since = Date.parse(stay.since ?? '');
  if (verified === undefined || Number.isNaN(since)) return;
  const longest = soakMilliseconds(verified.longestSoak ?? '0') ?? 0;
  if (now - since > longest) verified.longestSoak = soakText(now - since);
}

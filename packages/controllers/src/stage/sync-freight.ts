import { freightNames, type Freight } from '@kargo/api';
import { timestamp } from '@kargo/kube';
import { isCurrentlyIn, soakMilliseconds, soakText } from '../availability/soak.ts';
import { currentCollection, identity, type StageStep } from './pass.ts';

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

/** Records on Freight that it is in the Stage, or for how long it was. Fails if Freight that is deployed does not exist. */
export function syncFreight({ freightIn, getFreight, updateFreight }: SyncFreightDeps): StageStep {
  return async (pass) => {
    const { name: stage, project } = identity(pass);
    const collection = currentCollection(pass.status);
    const wanted = collection === undefined ? [] : freightNames(collection);
    for (const freight of freightIn(project, stage)) {
      const name = freight.metadata.name ?? '';
      if (!wanted.includes(name)) await updateFreight(project, name, (status) => leave(status, stage, pass.now));
    }
    for (const name of wanted) {
      const freight = getFreight(project, name);
      if (freight !== undefined && isCurrentlyIn(freight, stage)) continue;
      await updateFreight(project, name, (status) => enter(status, stage, pass.now));
    }
  };
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

/** Tells again of what happened a short while ago, in case a process that died did not get to it. What was told stays told once. */
import { freightNames, type Freight } from '@kargo/api';
import type { EventRecorder } from '../events/recorder.ts';
import { isRecent } from '../events/recent.ts';
import type { AutoPromoteDeps } from './auto-promote.ts';
import { currentCollection, identity, isVerificationTerminal, type StagePass } from './pass.ts';
import { recordApproval, recordVerification } from './stage-events.ts';

export interface RetellDeps {
  getFreight: (project: string, name: string) => Promise<Freight | undefined>;
  freightFrom: AutoPromoteDeps['freightFrom'];
}

type Moment = Pick<StagePass, 'stage' | 'status' | 'now'>;

/** Tells again of verifications in a Stage that ended a short while ago, and of approvals for it. */
export async function retell(events: EventRecorder, deps: RetellDeps, pass: Moment): Promise<void> {
  await retellVerifications(events, deps, pass);
  await retellApprovals(events, deps, pass);
}

async function retellVerifications(events: EventRecorder, { getFreight }: RetellDeps, pass: Moment): Promise<void> {
  const { stage, status, now } = pass;
  const { project } = identity(pass);
  for (const collection of status.freightHistory ?? []) {
    const ended = (collection.verificationHistory ?? []).filter(
      (each) => isVerificationTerminal(each) && isRecent(each.finishTime, now),
    );
    if (ended.length === 0) continue;
    const promotion = collection === currentCollection(status) ? status.lastPromotion?.name : undefined;
    for (const name of freightNames(collection)) {
      const freight = await getFreight(project, name);
      if (freight === undefined) continue;
      for (const verification of ended.toReversed())
        await recordVerification(events, { stage, freight, verification, promotion });
    }
  }
}

/** After how many milliseconds an approval is told of here: whoever approved tells first, and says who that is. */
const APPROVAL_TOLD = 60_000;

async function retellApprovals(events: EventRecorder, { freightFrom }: RetellDeps, pass: Moment): Promise<void> {
  const { stage, now } = pass;
  const { name, project } = identity(pass);
  for (const { origin } of stage.spec.requestedFreight) {
    for (const freight of freightFrom(project, origin)) {
      const at = freight.status?.approvedFor?.[name]?.approvedAt;
      if (at !== undefined && isRecent(at, now) && now - Date.parse(at) > APPROVAL_TOLD)
        await recordApproval(events, stage, freight, at);
    }
  }
}

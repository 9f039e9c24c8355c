/** Tells again of what happened a short while ago, in case a process that died did not get to it. What was told stays told once. */
import { freightNames, type Freight } from '@kargo/api';
import type { EventRecorder } from '../events/recorder.ts';
import { isRecent } from '../events/recent.ts';
import { currentCollection, identity, isVerificationTerminal, type StagePass } from './pass.ts';
import { recordVerification } from './stage-events.ts';

export interface RetellDeps {
  getFreight: (project: string, name: string) => Promise<Freight | undefined>;
}

type Moment = Pick<StagePass, 'stage' | 'status' | 'now'>;

/** Tells again of verifications in a Stage that ended a short while ago. */
export async function retell(events: EventRecorder, { getFreight }: RetellDeps, pass: Moment): Promise<void> {
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

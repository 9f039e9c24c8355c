import { freightNames, type Freight } from '@kargo/api';
import { timestamp } from '@kargo/kube';
import { isVerifiedIn } from '../availability/soak.ts';
import { currentCollection, currentVerification, identity, type StageStep } from './pass.ts';
import { ifExists, missingFreight, type UpdateFreight } from './sync-freight.ts';

export interface MarkVerifiedDeps {
  /** Freight by name, as last seen. */
  getFreight: (project: string, name: string) => Freight | undefined;
  updateFreight: UpdateFreight;
}

/**
 * Records on Freight that it was verified in the Stage, once the Stage is healthy and the last verification successful. A later failure
 * does not take it back. Freight that does not exist is a problem.
 */
export function markVerified({ getFreight, updateFreight }: MarkVerifiedDeps): StageStep {
  return async (pass) => {
    const { status } = pass;
    const collection = currentCollection(status);
    const verification = currentVerification(status);
    if (collection === undefined || verification?.phase !== 'Successful') return;
    if (status.currentPromotion !== undefined || status.health?.status !== 'Healthy') return;
    const { name: stage, project } = identity(pass);
    const verifiedAt = verification.finishTime ?? timestamp(pass.now);
    for (const name of freightNames(collection)) {
      const freight = getFreight(project, name);
      if (freight !== undefined && isVerifiedIn(freight, stage)) continue;
      const exists = await ifExists(() =>
        updateFreight(project, name, (next) => {
          if (next.verifiedIn !== undefined && Object.hasOwn(next.verifiedIn, stage)) return;
          next.verifiedIn = { ...next.verifiedIn, [stage]: { verifiedAt } };
        }),
      );
      if (!exists) pass.problems.push(missingFreight(pass, name));
    }
  };
}

import { freightNames, newFreightCollection, type Freight, type Stage } from '@kargo/api';
import { timestamp } from '@kargo/kube';
import { isVerifiedIn } from '../availability/soak.ts';
import { currentCollection, currentVerification, identity, type StagePass, type StageStep } from './pass.ts';
import { ifExists, missingFreight, type UpdateFreight } from './sync-freight.ts';

export interface MarkVerifiedDeps {
  /** Freight by name, as last seen. */
  getFreight: (project: string, name: string) => Freight | undefined;
  updateFreight: UpdateFreight;
}

/**
 * Records on Freight that it was verified in the Stage, once the Stage is healthy and the last verification successful. A later failure
 * takes it back only where the Stage says so; that a verification could not be carried out, or was aborted, never does. Freight that does
 * not exist is a problem.
 */
export function markVerified({ getFreight, updateFreight }: MarkVerifiedDeps): StageStep {
  return async (pass) => {
    const { status } = pass;
    const collection = currentCollection(status);
    const verification = currentVerification(status);
    if (collection === undefined) return;
    if (verification?.phase === 'Failed' && revokesVerified(pass.stage)) return revoke(pass, { getFreight, updateFreight });
    if (verification?.phase !== 'Successful') return;
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

/** Whether a failed verification takes the mark away that an earlier one left. */
export function revokesVerified({ spec }: Stage): boolean {
  return spec.verification?.onFailure === 'RevokeVerified';
}

async function revoke(pass: StagePass, { getFreight, updateFreight }: MarkVerifiedDeps): Promise<void> {
  const { name: stage, project } = identity(pass);
  for (const name of freightNames(currentCollection(pass.status) ?? newFreightCollection())) {
    const freight = getFreight(project, name);
    if (freight !== undefined && !isVerifiedIn(freight, stage)) continue;
    await ifExists(() =>
      updateFreight(project, name, (next) => {
        const { [stage]: _mark, ...others } = next.verifiedIn ?? {};
        next.verifiedIn = others;
      }),
    );
  }
}

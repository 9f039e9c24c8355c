import type { Freight } from '@kargo/api';
import { ifExists, type UpdateFreight } from './sync-freight.ts';

export interface CleanUpDeps {
  /** All Freight of the Project; not from a cache that may lag behind. */
  allFreight: (project: string) => Promise<readonly Freight[]>;
  updateFreight: UpdateFreight;
  /** Deletes the AnalysisRuns of the Stage; does nothing where there are no AnalysisRuns. */
  deleteRuns: (project: string, stage: string) => Promise<void>;
}

/**
 * Removes what a Stage that is being deleted left elsewhere: its traces on Freight (verified, approved, currently in) and its
 * AnalysisRuns. One failure does not keep the rest from being removed; all are reported together.
 */
export async function cleanUp(
  { allFreight, updateFreight, deleteRuns }: CleanUpDeps,
  project: string,
  stage: string,
): Promise<void> {
  const failures: unknown[] = [];
  for (const freight of await allFreight(project)) {
    if (!isMarked(freight.status, stage)) continue;
    try {
      await ifExists(() => updateFreight(project, freight.metadata.name ?? '', (status) => forget(status, stage)));
    } catch (error) {
      failures.push(error);
    }
  }
  try {
    await deleteRuns(project, stage);
  } catch (error) {
    failures.push(error);
  }
  if (failures.length === 0) return;
  const reasons = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))).join('; ');
  throw new AggregateError(
    failures,
    `cannot clean up after Stage ${stage} of Project ${project}, which stays until that works: ${reasons}`,
  );
}

function isMarked(status: Freight['status'], stage: string): boolean {
  return [status?.verifiedIn, status?.approvedFor, status?.currentlyIn].some(
    (map) => map !== undefined && Object.hasOwn(map, stage),
  );
}

function forget(status: NonNullable<Freight['status']>, stage: string): void {
  delete status.verifiedIn?.[stage];
  delete status.approvedFor?.[stage];
  delete status.currentlyIn?.[stage];
}

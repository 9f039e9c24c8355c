import type { AnalysisRun, Freight, Promotion, Stage, VerificationInfo } from '@kargo/api';

/** The end of a verification, once for each piece of Freight. */
export interface FreightVerificationEvent {
  stage: Stage;
  freight: Freight;
  verification: VerificationInfo;
  /** The run, if there was one and it could still be read. */
  run?: AnalysisRun | undefined;
  /** Name of the Promotion that deployed the Freight. */
  promotion?: string | undefined;
}

/** What the Stage controllers tell people. Failures are logged by the caller and change nothing else. */
export interface StageEvents {
  freightVerification(event: FreightVerificationEvent): Promise<void>;
  promotionCreated(event: { stage: Stage; promotion: Promotion; freight: Freight }): Promise<void>;
}

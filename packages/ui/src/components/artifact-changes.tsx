import type { FreightReference } from '@kargo/api';
import { compareFreight } from '../pipeline/compare.ts';
import { ArtifactDifferences } from './artifact-differences.tsx';

/** Artifacts of a Freight, each from what is there now; without anything before, what they are. */
export function ArtifactChanges({ from, to }: { from: FreightReference | undefined; to: FreightReference }): React.ReactNode {
  return <ArtifactDifferences label="Artifacts" plain={from === undefined} differences={compareFreight(from ?? {}, to)} />;
}

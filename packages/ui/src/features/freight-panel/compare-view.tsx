import type { Freight } from '@kargo/api';
import { useMemo } from 'react';
import { ArtifactDifferences } from '../../components/artifact-differences.tsx';
import { labelOf, versionOf } from '../../pipeline/cells.ts';
import { compareFreight } from '../../pipeline/compare.ts';
import { inUse } from '../../pipeline/groups.ts';
import type { Model } from '../pipeline/use-model.ts';

interface Props {
  freight: Freight;
  model: Model;
  /** Name of the other one, if somebody chose. */
  other: string | undefined;
  choose: (other: string) => void;
}

/** Freight to choose from, beside that which stages run. */
const OFFERED = 100;

/** What differs between this Freight and any other of the same warehouse. */
export function CompareView({ freight, model, other, choose }: Props): React.ReactNode {
  const siblings = model.freight.byOrigin.get(freight.origin.name) ?? [];
  const offered = useMemo(
    () => siblings.filter((each, index) => each !== freight && (index < OFFERED || inUse(each))),
    [siblings, freight],
  );
  const before = siblings[siblings.indexOf(freight) + 1];
  const chosen = siblings.find(({ metadata }) => metadata.name === other) ?? before ?? offered[0];
  if (chosen === undefined) return <p className="muted">There is no other freight of {freight.origin.name}.</p>;
  const older =
    (model.freight.place.get(chosen.metadata.name ?? '') ?? 0) > (model.freight.place.get(freight.metadata.name ?? '') ?? 0);
  const [from, to] = older ? [chosen, freight] : [freight, chosen];
  return (
    <div className="compare">
      <label className="compare-with">
        With{' '}
        <select value={chosen.metadata.name} onChange={(event) => choose(event.target.value)}>
          {offered.map((each) => (
            <option key={each.metadata.name} value={each.metadata.name}>
              {labelOf(each)} {versionOf(each)}
              {inUse(each)
                ? `, in ${Object.keys(each.status?.currentlyIn ?? {})
                    .slice(0, 3)
                    .join(', ')}`
                : ''}
            </option>
          ))}
        </select>
      </label>
      <p className="muted">
        From {labelOf(from)} to {labelOf(to)}
      </p>
      <ArtifactDifferences differences={compareFreight(from, to)} />
    </div>
  );
}

import { collectionIncludes, keyOf, originKey, type Freight, type Stage } from '@kargo/api';
import { availabilityMessage, isFreightAvailable } from '../availability/availability.ts';
import { everythingExists, missingUpstreams, type Exists } from './missing-upstream.ts';
import { earliestOf, instant, promotersOf, triggersOfGates, type Explanation, type Gate } from './explanation.ts';

/** Where Freight may go, and what keeps it from the other Stages that request its origin. */
export function explainFreight(freight: Freight, stages: readonly Stage[], now: number): Explanation {
  const names = new Set(stages.map(({ metadata }) => metadata.name));
  const exists: Exists = (kind, stage) => (kind === 'Stage' ? names.has(stage) : everythingExists(kind, stage));
  const { name, namespace = '' } = keyOf(freight);
  const concerned = stages.filter(({ spec }) =>
    spec.requestedFreight.some(({ origin }) => originKey(origin) === originKey(freight.origin)),
  );
  const gates = concerned
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
    .map((stage) => gateOf(freight, stage, { now, exists }));
  const closed = gates.filter(({ met }) => !met);
  const label = freight.alias === undefined ? name.slice(0, 7) : `${name.slice(0, 7)} (${freight.alias})`;
  const inside = Object.keys(freight.status?.currentlyIn ?? {}).toSorted();
  const where = inside.length === 0 ? 'is in no Stage' : `is in ${inside.join(', ')}`;
  return {
    kind: 'Freight',
    name,
    project: namespace,
    standing: closed.length === 0 ? 'settled' : 'waiting',
    summary:
      concerned.length === 0
        ? `Freight ${label} goes nowhere: no Stage requests ${originKey(freight.origin)}.`
        : `Freight ${label} ${where}; ${closed.length === 0 ? 'every Stage that requests it can have it' : `${closed.length} of ${gates.length} Stages that request it cannot have it yet`}.`,
    gates,
    triggers: triggersOfGates(gates),
    earliest: earliestOf(gates, []),
    actions: closed.flatMap(({ action }) => action ?? []),
  };
}

function gateOf(freight: Freight, stage: Stage, { now, exists }: { now: number; exists: Exists }): Gate {
  const stageName = stage.metadata.name ?? '';
  const name = `Stage ${stageName}`;
  const verifiedAt = freight.status?.verifiedIn?.[stageName]?.verifiedAt;
  if (freight.status?.currentlyIn?.[stageName] !== undefined)
    return {
      name,
      met: true,
      fact: `there now, ${verifiedAt === undefined ? verificationOf(freight, stage) : `verified ${verifiedAt}`}`,
    };
  if (verifiedAt !== undefined) return { name, met: true, fact: `verified ${verifiedAt}` };
  const availability = isFreightAvailable(stage, freight, now);
  if (availability.available) {
    const via =
      availability.via === 'upstream'
        ? `verified in ${availability.upstreams.join(', ')}`
        : availability.via === 'approval'
          ? 'approved by hand'
          : 'taken straight from its Warehouse';
    return { name, met: true, fact: `available: ${via}` };
  }
  const project = stage.metadata.namespace ?? '';
  const missing = stage.spec.requestedFreight
    .filter(({ origin }) => originKey(origin) === originKey(freight.origin))
    .flatMap((request) => missingUpstreams(request, exists) ?? []);
  return {
    name,
    met: false,
    fact: [availabilityMessage(availability), ...missing].join('; '),
    ...(availability.nextChange === undefined ? {} : { opensAt: instant(availability.nextChange) }),
    awaits: `it is verified where Stage ${stageName} takes it from`,
    action: {
      who: promotersOf(stageName),
      what: 'approve it by hand, which skips verification and soak time',
      command: `kargo approve --project ${project} --freight ${freight.metadata.name} --stage ${stageName}`,
    },
  };
}

/** How the verification of Freight that is in a Stage stands, as long as it has not succeeded. */
function verificationOf({ metadata }: Freight, { status }: Stage): string {
  const current = status?.freightHistory?.[0];
  const { phase } = (collectionIncludes(current, metadata.name ?? '') ? current?.verificationHistory?.[0] : undefined) ?? {};
  if (phase === undefined || phase === '' || phase === 'Successful') return 'not verified yet';
  return phase === 'Pending' || phase === 'Running' ? 'being verified' : `its verification ended ${phase}`;
}

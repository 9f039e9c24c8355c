import { getCondition, keyOf, type Warehouse } from '@kargo/api';
import { soakMilliseconds } from '../availability/soak.ts';
import {
  earliestOf,
  instant,
  triggersOf,
  waitsFor,
  triggersOfGates,
  triggersOrElse,
  type Action,
  type Explanation,
  type Gate,
  type Trigger,
  type WaitsOf,
} from './explanation.ts';

/** When a Warehouse looked last, what it found, and when it looks again. */
export function explainWarehouse({ warehouse, waitsOf }: { warehouse: Warehouse; waitsOf: WaitsOf }): Explanation {
  const { name, namespace = '' } = keyOf(warehouse);
  const { status } = warehouse;
  const waits = waitsFor(waitsOf, 'Warehouse', { namespace, name });
  const ready = getCondition(status?.conditions, 'Ready');
  const healthy = getCondition(status?.conditions, 'Healthy');
  const criteria = getCondition(status?.conditions, 'FreightCreationCriteriaSatisfied');
  const discovered = status?.discoveredArtifacts;
  const isManual = warehouse.spec.freightCreationPolicy === 'Manual';
  const gates: Gate[] = [
    { name: 'Discovery', met: ready?.status === 'True', fact: ready?.message ?? 'has not looked yet', awaits: 'it looks again' },
    ...(discovered?.images ?? []).map(({ repoURL, references }): Gate => found(`Image ${repoURL}`, references?.[0]?.tag)),
    ...(discovered?.git ?? []).map(({ repoURL, commits }): Gate => found(`Git ${repoURL}`, commits?.[0]?.id?.slice(0, 7))),
    ...(discovered?.charts ?? []).map(({ repoURL, name: chart, versions }): Gate =>
      found(`Chart ${repoURL} ${chart ?? ''}`.trim(), versions?.[0]),
    ),
    ...(discovered?.results ?? []).map(({ name: subscription, artifactReferences }): Gate =>
      found(`Subscription ${subscription}`, artifactReferences?.[0]?.version),
    ),
    ...(criteria === undefined
      ? []
      : [
          {
            name: 'Criteria',
            met: criteria.status === 'True',
            fact: criteria.message,
            awaits: 'artifacts that satisfy spec.freightCreationCriteria are found, or it is changed',
          },
        ]),
    ...(isManual
      ? [{ name: 'Policy', met: true, fact: 'Freight is put together by hand (freightCreationPolicy is Manual)' }]
      : []),
  ];
  const triggers = triggersOrElse(triggersOf(waits), [...looks(warehouse), ...triggersOfGates(gates)]);
  const failing = healthy?.status === 'False';
  const last = status?.lastFreightID === undefined ? 'no Freight made yet' : `last Freight ${status.lastFreightID.slice(0, 7)}`;
  const isLimited = waits.some(({ reason }) => reason === 'RateLimited');
  const held = criteria?.status === 'False' ? `; ${criteria.message}` : '';
  return {
    kind: 'Warehouse',
    name,
    project: namespace,
    standing: failing ? (isLimited ? 'waiting' : 'stuck') : ready?.status === 'True' ? 'settled' : 'moving',
    summary: failing
      ? `Warehouse ${name} cannot find new artifacts: ${healthy.message}.`
      : `Warehouse ${name} looked ${discovered?.discoveredAt === undefined ? 'never yet' : `at ${discovered.discoveredAt}`}; ${last}${isManual ? ', as it is put together by hand' : held}.`,
    gates,
    triggers,
    // What fails is looked at again soon, but only what made it fail can change anything.
    earliest:
      earliestOf(gates, triggers) ?? (failing && !isLimited ? undefined : triggers.find(({ at }) => at !== undefined)?.at),
    actions: [
      ...(failing ? credentialsActions(warehouse, healthy.message) : []),
      ...(isManual ? [assemble(warehouse)] : []),
      {
        what: 'have it look now',
        command: `kargo refresh warehouse ${name} --project ${namespace}`,
        who: `whoever may read Warehouse ${name}`,
      },
    ],
  };
}

/** How to find out about the credentials of subscriptions whose failure is about them. */
function credentialsActions({ spec, metadata }: Warehouse, message: string): Action[] {
  return spec.subscriptions.flatMap((subscription, index): Action[] => {
    const part = message.split('spec.subscriptions[').find((each) => each.startsWith(`${index}]`)) ?? '';
    const entry = Object.entries(subscription).find(([type]) => ['git', 'image', 'chart'].includes(type));
    const url = (entry?.[1] as { repoURL?: unknown } | undefined)?.repoURL;
    if (!/credentials/i.test(part) || entry === undefined || typeof url !== 'string') return [];
    const type = entry[0] === 'chart' ? 'helm' : entry[0];
    const project = metadata.namespace ?? '';
    return [
      {
        what: `see which credentials are used for ${url}, and why`,
        command: `kargo explain credentials ${url} --type ${type} --project ${project}`,
        who: `whoever may read Secrets of Project ${project}`,
      },
    ];
  });
}

function assemble({ metadata }: Warehouse): Action {
  return {
    what: 'put Freight together of what was found, here or in the web UI',
    command: `kargo create -f freight.yaml`,
    who: `whoever may create Freight in Project ${metadata.namespace ?? ''}`,
  };
}

/** When it looks next by its interval, also where no controller of this process knows of it. */
function looks({ spec, status, metadata }: Warehouse): Trigger[] {
  const last = Date.parse(status?.discoveredArtifacts?.discoveredAt ?? '');
  if (Number.isNaN(last)) return [{ kind: 'event', what: `the controller takes up Warehouse ${metadata.name ?? ''}` }];
  const interval = soakMilliseconds(spec.interval ?? '5m');
  // Admission refuses intervals that are no durations.
  if (interval === undefined) return [];
  return [{ kind: 'poll', what: 'repositories are looked at in intervals', at: instant(last + interval) }];
}

function found(name: string, newest: string | undefined): Gate {
  return {
    name,
    met: newest !== undefined,
    fact: newest === undefined ? 'nothing found that matches' : `newest match is ${newest}`,
    ...(newest === undefined ? { awaits: 'something that matches is pushed' } : {}),
  };
}

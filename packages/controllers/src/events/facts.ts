/** What events carry for machines. Empty values are left out. */
import { annotations, type Freight, type Json, type Promotion, type VerificationInfo } from '@kargo/api';
import type { EventFacts, EventReason } from './recorder.ts';

/** Facts about a Freight. `stage` is the empty text where no Stage is concerned. */
export function freightFacts(
  freight: Freight,
  { stage, actor }: { stage?: string; actor?: string | undefined } = {},
): EventFacts {
  const { metadata, origin, alias, discoveredAt, commits, images, charts, artifacts } = freight;
  return {
    ...nonEmpty({
      project: metadata.namespace,
      'freight-name': metadata.name,
      'freight-alias': alias,
      'freight-create-time': discoveredAt ?? metadata.creationTimestamp,
      'freight-warehouse-name': origin.name,
      'freight-commits': json(commits),
      'freight-images': json(images),
      'freight-charts': json(charts),
      'freight-artifacts': json(artifacts),
      actor,
    }),
    'stage-name': stage ?? '',
  };
}

/** Facts about a Promotion and, if it is known, the Freight it promotes. */
export function promotionFacts(
  promotion: Promotion,
  {
    freight,
    actor,
    verificationPending,
  }: { freight?: Freight | undefined; actor?: string | undefined; verificationPending?: boolean } = {},
): EventFacts {
  const { metadata, spec } = promotion;
  return {
    ...(freight === undefined ? nonEmpty({ 'freight-name': spec.freight }) : freightFacts(freight)),
    ...nonEmpty({
      project: metadata.namespace,
      actor: actor ?? metadata.annotations?.[annotations.createActor],
      'promotion-name': metadata.name,
      'promotion-create-time': metadata.creationTimestamp,
      'verification-pending': verificationPending === undefined ? undefined : String(verificationPending),
      applications: applicationsOf(promotion),
      rollback: metadata.annotations?.[annotations.rollback],
    }),
    'stage-name': spec.stage,
  };
}

/** Facts about the end of a verification of a Freight in a Stage. */
export function verificationFacts(
  freight: Freight,
  {
    stage,
    verification,
    promotion,
    actor,
  }: { stage: string; verification: VerificationInfo; promotion?: string | undefined; actor: string },
): EventFacts {
  return {
    ...freightFacts(freight, { stage, actor: verification.actor ?? actor }),
    ...nonEmpty({
      'promotion-name': promotion,
      'analysis-run-name': verification.analysisRun?.name,
      'verification-start-time': verification.startTime,
      'verification-finish-time': verification.finishTime,
    }),
  };
}

/** What an event about a verification that ended in `phase` is called. */
export function verificationReason(phase: string | undefined): EventReason {
  switch (phase) {
    case 'Successful':
      return 'FreightVerificationSucceeded';
    case 'Failed':
      return 'FreightVerificationFailed';
    case 'Error':
      return 'FreightVerificationErrored';
    case 'Aborted':
      return 'FreightVerificationAborted';
    case 'Inconclusive':
      return 'FreightVerificationInconclusive';
    default:
      return 'FreightVerificationUnknown';
  }
}

/** Applications that `argocd-update` steps name, as far as the names hold no expressions. */
function applicationsOf({ spec }: Promotion): string | undefined {
  const found = (spec.steps ?? [])
    .filter(({ uses }) => uses === 'argocd-update')
    .flatMap(({ config }) => entries(field(config, 'apps')))
    .flatMap((app) => {
      const [name, namespace] = [field(app, 'name'), field(app, 'namespace')];
      if (typeof name !== 'string' || name.includes('${')) return [];
      return [{ Namespace: typeof namespace === 'string' ? namespace : 'argocd', Name: name }];
    });
  return json(found);
}

function field(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}

function entries(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function json(list: readonly unknown[] | undefined): string | undefined {
  return list === undefined || list.length === 0 ? undefined : JSON.stringify(list);
}

function nonEmpty(facts: EventFacts): EventFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined && value !== ''));
}

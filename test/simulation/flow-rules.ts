/** What must always hold about the flow of Freight, told from what was written alone and not by the code that decides. */
import { annotations, originKey, type Freight, type FreightRequest, type Promotion, type Stage } from '@kargo/api';
import { parseDuration } from '@kargo/gocompat';

const AUTOMATION = 'controller:stage-controller';
const ENDED = new Set(['Succeeded', 'Failed', 'Errored', 'Aborted']);

/** What is known of the pipeline when something was written. */
export interface Known {
  stages: ReadonlyMap<string, Stage>;
  freight: ReadonlyMap<string, Freight>;
  promotions: readonly Promotion[];
}

/** What is wrong with a Promotion that begins: Freight only where it is available, soaked to the end, and in the order of submission. */
export function wrongStart(promotion: Promotion, { stages, freight, promotions }: Known): string[] {
  const { spec, status, metadata } = promotion;
  const stage = stages.get(spec.stage);
  const piece = freight.get(spec.freight ?? '');
  // Who deletes a Stage or Freight under a Promotion has it end with an error.
  if (stage === undefined || piece === undefined) return [];
  const out: string[] = [];
  const request = stage.spec.requestedFreight.find(({ origin }) => originKey(origin) === originKey(piece.origin));
  if (request === undefined)
    out.push(`begins, though Stage ${spec.stage} does not request Freight of ${originKey(piece.origin)}`);
  else if (!mayEnter(request, spec.stage, piece, stages, Date.parse(status?.startedAt ?? '')))
    out.push(`begins, though Freight ${piece.metadata.name} is not available to Stage ${spec.stage}`);
  const overtaken = promotions.filter(
    (other) =>
      other.spec.stage === spec.stage &&
      !ENDED.has(other.status?.phase ?? '') &&
      (other.metadata.name ?? '') < (metadata.name ?? '') &&
      Date.parse(other.metadata.creationTimestamp ?? '') < Date.parse(metadata.creationTimestamp ?? ''),
  );
  if (overtaken.length > 0)
    out.push(`begins before ${overtaken.map((other) => other.metadata.name).join(', ')}, which came first`);
  return out;
}

function mayEnter(
  { origin, sources }: FreightRequest,
  stage: string,
  { status }: Freight,
  stages: ReadonlyMap<string, Stage>,
  at: number,
): boolean {
  if (status?.approvedFor?.[stage] !== undefined || sources.direct === true) return true;
  const required = parseDuration(sources.requiredSoakTime ?? '0s');
  const isReady = (upstream: string): boolean => {
    const verified = status?.verifiedIn?.[upstream];
    if (verified === undefined) return false;
    if (required === 0 || parseDuration(verified.longestSoak ?? '0s') >= required) return true;
    const found = stages.get(upstream);
    // Nothing runs in a Stage without steps: what counts is the time in those before it.
    if (
      found?.spec.promotionTemplate === undefined &&
      found?.spec.requestedFreight.some((each) => each.sources.direct !== true) === true
    )
      return found.spec.requestedFreight.some((each) => originKey(each.origin) === originKey(origin) && areReady(each.sources));
    return at - Date.parse(status?.currentlyIn?.[upstream]?.since ?? '') >= required;
  };
  const areReady = ({ stages: upstreams = [], availabilityStrategy }: FreightRequest['sources']): boolean =>
    availabilityStrategy === 'All' ? upstreams.every(isReady) : upstreams.some(isReady);
  return areReady(sources);
}

/** What is wrong with a Promotion that is new: automation leaves alone what is held. */
export function wrongCreation({ metadata, spec }: Promotion, { stages, freight }: Known): string[] {
  if (metadata.annotations?.[annotations.createActor] !== AUTOMATION) return [];
  const piece = freight.get(spec.freight ?? '');
  const held = piece === undefined ? undefined : stages.get(spec.stage)?.status?.autoPromotionHolds?.[originKey(piece.origin)];
  return held === undefined ? [] : [`was created by automation, though ${held.promotionName} holds ${spec.stage}`];
}

/** What is wrong with a Promotion that was superseded: it never had its turn, and says by what. */
export function wrongEnd({ status }: Promotion, before: Promotion | undefined): string[] {
  if (status?.supersededBy === undefined) return [];
  const out: string[] = [];
  if (before?.status?.phase === 'Running') out.push('was superseded while it ran');
  if (status.message?.includes(status.supersededBy) !== true) out.push('does not say what superseded it');
  return out;
}

import {
  isFreightAvailable,
  isTerminalPromotionPhase,
  type Availability,
  type Freight,
  type Promotion,
  type Stage,
} from '@kargo/api';
import { lookOfVerification, type Look } from './state.ts';
import { dayOrTime, TIME_OF_DAY } from './time-text.ts';

/** What the board says about one Freight in one Stage. */
export interface Cell extends Look {
  /** More, after the word. */
  detail?: string | undefined;
  /** Whether the Freight is there now: the cell is a filled pill and the line from the card ends in it. */
  here: boolean;
  /** Whether a person can promote it now. */
  promote: boolean;
  /** Whether somebody could let it pass by approving it. */
  approve: boolean;
}

export interface CellFacts {
  freight: Freight;
  stage: Stage;
  /** Promotions of the Freight to the Stage, newest first. */
  promotions: readonly Promotion[];
  origin: string;
  /** Epoch milliseconds, by the clock of the server. */
  now: number;
  /** Place of Freight among all, 0 is the newest. */
  place: ReadonlyMap<string, number>;
  /** The newest Freight that may go to the Stage. */
  newest?: Freight | undefined;
  /** Stages by name, for what is upstream. */
  stages?: ReadonlyMap<string, Stage> | undefined;
  /** Without details: enough for counting, and much less work. */
  brief?: boolean | undefined;
}

type Plain = Omit<Cell, 'here' | 'promote' | 'approve'>;

const HERE = { here: true, promote: false, approve: false };

/** The Freight of an origin that a Stage runs. */
export function currentOf(stage: Stage, origin: string): string | undefined {
  return stage.status?.freightHistory?.[0]?.items?.[`Warehouse/${origin}`]?.name;
}

/** Where the Freight is, what happened, or what keeps it out. */
export function cellOf(facts: CellFacts): Cell {
  const { freight, stage, promotions, origin, now } = facts;
  const name = freight.metadata.name ?? '';
  const stageName = stage.metadata.name ?? '';
  const { status } = stage;
  const running = promotions.find(({ metadata }) => metadata.name === status?.currentPromotion?.name);
  if (running !== undefined)
    return {
      shape: 'promoting',
      tone: 'run',
      word: 'Promoting',
      detail: `step ${(running.status?.currentStep ?? 0) + 1} of ${running.spec.steps.length}`,
      ...HERE,
    };
  const verifiedAt = freight.status?.verifiedIn?.[stageName]?.verifiedAt;
  if (currentOf(stage, origin) === name) return { ...hereNow(stage, freight, verifiedAt, now), ...HERE };
  if (promotions.some(({ status: other }) => !isTerminalPromotionPhase(other?.phase)))
    return { shape: 'pending', tone: 'run', word: 'Queued', here: false, promote: false, approve: false };
  const availability = isFreightAvailable(stage, freight, now);
  const rest = { here: false, promote: availability.available && !passesThrough(stage), approve: !availability.available };
  if (verifiedAt !== undefined)
    return {
      shape: 'ring-check',
      tone: 'ok',
      word: 'Verified',
      detail: facts.brief === true ? undefined : timeOf(verifiedAt, now),
      ...rest,
    };
  const last = promotions[0]?.status;
  if (last?.phase === 'Failed' || last?.phase === 'Errored' || last?.phase === 'Aborted') {
    const shape = last.phase === 'Failed' ? 'failed' : last.phase === 'Errored' ? 'error' : 'aborted';
    return {
      shape,
      tone: last.phase === 'Aborted' ? 'idle' : 'bad',
      word: last.phase,
      detail: facts.brief === true ? undefined : timeOf(last.finishedAt, now),
      ...rest,
    };
  }
  if (last?.phase === 'Succeeded') return { shape: 'skipped', tone: 'idle', word: 'Not verified', ...rest };
  return { ...(availability.available ? readyFor(facts) : keptOut(facts, availability)), ...rest };
}

function passesThrough({ status }: Stage): boolean {
  return status?.phase === 'NotApplicable';
}

function hereNow({ status, metadata }: Stage, freight: Freight, verifiedAt: string | undefined, now: number): Plain {
  const verification = status?.freightHistory?.[0]?.verificationHistory?.[0];
  if (status?.phase === 'Verifying') return { shape: 'verifying', tone: 'run', word: 'Verifying' };
  const since = freight.status?.currentlyIn?.[metadata.name ?? '']?.since;
  const stay = since === undefined ? '' : `for ${shortDuration(now - Date.parse(since))}`;
  const failed = verification?.phase;
  if (failed === 'Failed' || failed === 'Error' || failed === 'Inconclusive' || failed === 'Aborted') {
    const { shape, tone } = lookOfVerification(failed);
    if (verifiedAt === undefined) return { shape, tone, word: `Verification ${failed.toLowerCase()}` };
    return { shape, tone, word: `Reverification ${failed.toLowerCase()}` };
  }
  if (status?.health?.status === 'Unhealthy') return { shape: 'error', tone: 'bad', word: 'Unhealthy', detail: stay };
  if (verifiedAt !== undefined)
    return { shape: 'check', tone: 'ok', word: 'Running', detail: [stay, 'verified'].filter((part) => part !== '').join(', ') };
  return { shape: 'clock', tone: 'wait', word: status?.health?.status ?? 'Not yet observed' };
}

function readyFor({ freight, stage, origin, place, newest }: CellFacts): Plain {
  if (passesThrough(stage)) return { shape: 'skipped', tone: 'idle', word: 'Passes through' };
  const { status } = stage;
  const mine = place.get(freight.metadata.name ?? '') ?? 0;
  const current = place.get(currentOf(stage, origin) ?? '');
  if (current !== undefined && current < mine) return { shape: 'skipped', tone: 'idle', word: 'Passed over' };
  const hold = status?.effectiveAutoPromotionHolds?.[`Warehouse/${origin}`];
  if (hold !== undefined)
    return {
      shape: 'hold',
      tone: 'hold',
      word: 'Held',
      detail: hold.createdAt === undefined ? undefined : `since ${clock(hold.createdAt)}`,
    };
  const superseded = newest !== undefined && (place.get(newest.metadata.name ?? '') ?? 0) < mine;
  if (status?.autoPromotionEnabled === true)
    return superseded
      ? { shape: 'skipped', tone: 'idle', word: `Passed over for ${labelOf(newest)}` }
      : { shape: 'clock', tone: 'idle', word: 'Next' };
  return superseded
    ? { shape: 'skipped', tone: 'idle', word: 'Ready, not the newest' }
    : { shape: 'person', tone: 'wait', word: 'Ready, needs a person' };
}

function keptOut(
  { freight, origin, place, stages }: CellFacts,
  { reasons, nextChange }: Availability & { available: false },
): Plain {
  if (nextChange !== undefined)
    return { shape: 'clock', tone: 'idle', word: `Opens ${clock(new Date(nextChange).toISOString())}` };
  const left = reasons.find(({ code }) => code === 'LeftTooEarly');
  if (left !== undefined && 'upstream' in left)
    return { shape: 'skipped', tone: 'idle', word: `Left ${left.upstream} too early` };
  const waiting = reasons.flatMap((reason) => (reason.code === 'NotVerified' ? [reason.upstream] : []));
  if (waiting.length === 0) return { shape: 'skipped', tone: 'idle', word: 'Not available' };
  const mine = place.get(freight.metadata.name ?? '') ?? 0;
  // What an upstream has gone past will not be verified there by itself.
  const gone = waiting.every((upstream) => {
    const stage = stages?.get(upstream);
    const current = stage === undefined ? undefined : place.get(currentOf(stage, origin) ?? '');
    return current !== undefined && current < mine;
  });
  const names = waiting.length > 2 ? `${waiting.length} stages` : waiting.join(', ');
  return gone
    ? { shape: 'skipped', tone: 'idle', word: `Not verified in ${names}` }
    : { shape: 'pending', tone: 'idle', word: `After ${names}` };
}

/** A duration in the one or two units that matter. */
export function shortDuration(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return 'a moment';
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

function clock(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : TIME_OF_DAY.format(date);
}

/** A time of day; the day for what was before today. Empty for what is no time. */
export function timeOf(at: string | undefined, now: number): string {
  const date = new Date(at ?? '');
  return Number.isNaN(date.getTime()) ? '' : dayOrTime(date, now);
}

/** What people call Freight. */
export function labelOf({ alias, metadata }: Pick<Freight, 'alias' | 'metadata'>): string {
  return alias ?? metadata.labels?.['kargo.akuity.io/alias'] ?? metadata.name?.slice(0, 7) ?? '';
}

/** What names the content of Freight: a tag, a chart version, or a commit. */
export function versionOf({
  images,
  charts,
  commits,
  artifacts,
}: Pick<Freight, 'images' | 'charts' | 'commits' | 'artifacts'>): string {
  return (
    images?.[0]?.tag ??
    charts?.[0]?.version ??
    commits?.[0]?.tag ??
    commits?.[0]?.id?.slice(0, 7) ??
    artifacts?.[0]?.version ??
    images?.[0]?.digest?.slice(7, 14) ??
    ''
  );
}

/** One line about what is new in Freight. */
export function subjectOf({ images, charts, commits, artifacts }: Freight): string {
  return (
    commits?.[0]?.message?.split('\n')[0] ??
    images?.[0]?.repoURL ??
    charts?.[0]?.repoURL ??
    artifacts?.[0]?.subscriptionName ??
    ''
  );
}

import type { Freight, Promotion, Stage } from '@kargo/api';
import { upstreamsOf } from './ranks.ts';
import type { Look } from './state.ts';

/** What the board says about one Freight in one Stage. */
export interface Cell extends Look {
  /** More, after the word. */
  detail?: string;
  /** Whether the Freight is there now: the cell is a filled pill and the line from the card ends in it. */
  here: boolean;
  /** Whether a person can promote it now. */
  promote: boolean;
}

export interface CellFacts {
  freight: Freight;
  stage: Stage;
  /** Promotions of the Stage. */
  promotions: readonly Promotion[];
  /** Whether the server says that the Freight may go to the Stage; unknown while it was not asked yet. */
  available: boolean | undefined;
  origin: string;
}

const OVER = new Set(['Succeeded', 'Failed', 'Errored', 'Aborted']);

/** Where the Freight is, what happened, or what keeps it out. */
export function cellOf({ freight, stage, promotions, available, origin }: CellFacts): Cell {
  const name = freight.metadata.name ?? '';
  const stageName = stage.metadata.name ?? '';
  const { status } = stage;
  const running = promotions.find(
    ({ metadata, spec }) => metadata.name === status?.currentPromotion?.name && spec.freight === name,
  );
  if (running !== undefined) {
    const steps = running.spec.steps.length;
    return {
      shape: 'promoting',
      tone: 'run',
      word: 'Promoting',
      detail: `step ${(running.status?.currentStep ?? 0) + 1} of ${steps}`,
      here: true,
      promote: false,
    };
  }
  const current = status?.freightHistory?.[0];
  const isCurrent = current?.items?.[`Warehouse/${origin}`]?.name === name;
  const verifiedAt = freight.status?.verifiedIn?.[stageName]?.verifiedAt;
  if (isCurrent) return hereNow(stage, verifiedAt);
  const mine = promotions
    .filter(({ spec }) => spec.freight === name)
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? 1 : -1));
  const pending = mine.find(({ status: other }) => !OVER.has(other?.phase ?? ''));
  if (pending !== undefined) return { shape: 'pending', tone: 'run', word: 'Queued', here: false, promote: false };
  if (verifiedAt !== undefined)
    return {
      shape: 'ring-check',
      tone: 'ok',
      word: 'Verified',
      detail: time(verifiedAt),
      here: false,
      promote: available === true,
    };
  const last = mine[0]?.status;
  if (last?.phase === 'Failed' || last?.phase === 'Errored') {
    return {
      shape: last.phase === 'Failed' ? 'failed' : 'error',
      tone: 'bad',
      word: last.phase,
      detail: time(last.finishedAt),
      here: false,
      promote: available === true,
    };
  }
  if (last?.phase === 'Succeeded')
    return { shape: 'skipped', tone: 'idle', word: 'Not verified', here: false, promote: available === true };
  if (available === true) return readyFor(stage);
  const upstreams = upstreamsOf(stage, origin);
  return {
    shape: 'pending',
    tone: 'idle',
    word: upstreams.length === 0 ? 'Not available' : `After ${upstreams.join(', ')}`,
    here: false,
    promote: false,
  };
}

function hereNow({ status }: Stage, verifiedAt: string | undefined): Cell {
  const verification = status?.freightHistory?.[0]?.verificationHistory?.[0];
  if (status?.phase === 'Verifying') return { shape: 'verifying', tone: 'run', word: 'Verifying', here: true, promote: false };
  if (verifiedAt !== undefined)
    return { shape: 'check', tone: 'ok', word: 'Running', detail: `verified ${time(verifiedAt)}`, here: true, promote: false };
  if (verification?.phase === 'Failed' || verification?.phase === 'Error')
    return { shape: 'failed', tone: 'bad', word: `Verification ${verification.phase.toLowerCase()}`, here: true, promote: false };
  if (verification?.phase === 'Aborted')
    return { shape: 'aborted', tone: 'idle', word: 'Verification aborted', here: true, promote: false };
  return { shape: 'clock', tone: 'wait', word: status?.health?.status ?? 'Not yet observed', here: true, promote: false };
}

function readyFor({ status }: Stage): Cell {
  if (status?.phase === 'NotApplicable')
    return { shape: 'skipped', tone: 'idle', word: 'Passes through', here: false, promote: false };
  if (status?.autoPromotionEnabled === true) return { shape: 'clock', tone: 'idle', word: 'Ready', here: false, promote: true };
  return { shape: 'person', tone: 'wait', word: 'Ready, needs a person', here: false, promote: true };
}

/** A time of day, or the day for what is older than today would need: kept short for cells. */
function time(at: string | undefined): string {
  return at === undefined ? '' : new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

/** Freight of an origin, newest first. */
export function freightOf(freight: Iterable<Freight>, origin: string): Freight[] {
  const age = ({ discoveredAt, metadata }: Freight): string => discoveredAt ?? metadata.creationTimestamp ?? '';
  return [...freight]
    .filter((each) => each.origin.name === origin)
    .toSorted((a, b) =>
      age(a) < age(b) ? 1 : age(a) > age(b) ? -1 : (a.metadata.name ?? '') < (b.metadata.name ?? '') ? 1 : -1,
    );
}

/** What names the content of Freight: a tag, a chart version, or a commit. */
export function versionOf({ images, charts, commits }: Pick<Freight, 'images' | 'charts' | 'commits'>): string {
  return images?.[0]?.tag ?? charts?.[0]?.version ?? commits?.[0]?.tag ?? commits?.[0]?.id?.slice(0, 7) ?? '';
}

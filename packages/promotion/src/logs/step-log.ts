import { ApiError, Promotion } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import { aliasOf } from '../engine/plan.ts';
import { entryOf, isOver, isTerminalPhase } from '../engine/status.ts';
import type { StepLogFacts, StepLogPiece, StepLogs } from './port.ts';

export interface StepLogRequest {
  project: string;
  /** Name of the Promotion. */
  promotion: string;
  /** Alias of the step. */
  step: string;
  /** Offset to begin at. Default 0. */
  from?: number | undefined;
  /** Whether to go on until the step has ended. */
  follow: boolean;
  signal: AbortSignal;
}

interface Access {
  reader: Pick<Reader, 'get'>;
  logs: StepLogs;
}

/**
 * The log of a step of a Promotion, in pieces. Fails with `ApiError`: NotFound if there is no such Promotion or step. A step that has not begun
 * yet has an empty log, which can be followed.
 */
export async function promotionStepLog(request: StepLogRequest, { reader, logs }: Access): Promise<AsyncIterable<StepLogPiece>> {
  const { project, step, from, signal } = request;
  const promotion = await reader.get(Promotion, { namespace: project, name: request.promotion }, { signal });
  const aliases = promotion.spec.steps.map(aliasOf);
  if (!aliases.includes(step))
    throw new ApiError(
      'NotFound',
      `Promotion ${request.promotion} has no step ${JSON.stringify(step)}; its steps are ${aliases.join(', ')}`,
    );
  const key = { project, promotion: promotion.metadata.uid ?? '', step };
  const { status = {} } = promotion;
  const entry = entryOf(status, step);
  const over = isTerminalPhase(status.phase) || (entry !== undefined && isOver(entry));
  return request.follow && !over ? logs.follow(key, { from, signal }) : whole(key, from);

  async function* whole(of: typeof key, start = 0): AsyncGenerator<StepLogPiece> {
    for (let at = start; !signal.aborted;) {
      const piece = await logs.read(of, { from: at });
      if (piece.text === '') return;
      yield piece;
      at = piece.next;
    }
  }
}

/** The steps of a Promotion that have logs, in the order of the steps. Fails with `ApiError` NotFound if there is no such Promotion. */
export async function promotionStepLogs(
  { project, promotion: name }: { project: string; promotion: string },
  { reader, logs }: Access,
): Promise<StepLogFacts[]> {
  const promotion = await reader.get(Promotion, { namespace: project, name });
  const order = promotion.spec.steps.map(aliasOf);
  const known = await logs.list({ project, promotion: promotion.metadata.uid ?? '' });
  return known.toSorted((a, b) => order.indexOf(a.step) - order.indexOf(b.step));
}

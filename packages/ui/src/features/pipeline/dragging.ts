import { availabilityMessage, isFreightAvailable, type Freight, type Stage } from '@kargo/api';
import { createContext, use } from 'react';

/** What drags of Freight carry: its name. */
export const DRAG_TYPE = 'application/x-kargo-freight';

export interface Dragged {
  name: string;
  /** Why the Freight cannot go to the stage; empty if it can. */
  reason: (stage: Stage, freight: Freight, now: number) => string;
}

/** The Freight that is being dragged over the board, if any. */
export const DraggingContext = createContext<Dragged | undefined>(undefined);

export function useDragging(): Dragged | undefined {
  return use(DraggingContext);
}

/** Why Freight cannot be promoted to a stage, for people; empty if it can. */
export function whyNot(stage: Stage, freight: Freight, now: number): string {
  if (stage.status?.phase === 'NotApplicable') return 'it only passes freight on';
  const answer = isFreightAvailable(stage, freight, now);
  return answer.available ? '' : availabilityMessage(answer);
}

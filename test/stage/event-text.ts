import { EVENT_ANNOTATION_PREFIX, type Event } from '@kargo/api';

/** Reason, Freight, Stage and Promotion of an event. */
export function textOf({ reason, metadata }: Event): string {
  const fact = (name: string): string | undefined => metadata.annotations?.[`${EVENT_ANNOTATION_PREFIX}${name}`];
  const promotion = fact('promotion-name')?.split('.')[0];
  return `${reason}: ${fact('freight-name')} in ${fact('stage-name')}${promotion === undefined ? '' : ` (${promotion})`}`;
}

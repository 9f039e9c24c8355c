import type { Metric } from '@kargo/api';
import { evaluateConditions, type ResultFacts } from '../../conditions/conditions.ts';
import type { MeasurementResult } from '../../provider.ts';

export interface Measured extends ResultFacts {
  /** What conditions see. */
  result: unknown;
  /** What people see. */
  value: string;
  metadata?: Record<string, string> | undefined;
  /** Keeps the value when a condition cannot be evaluated. Default: it is dropped. */
  keepValue?: boolean | undefined;
}

/** A completed measurement of a result, judged by the conditions of its metric. */
export function measured(metric: Metric, { result, value, metadata, keepValue, ...facts }: Measured): MeasurementResult {
  const judgement = evaluateConditions(metric, result, facts);
  return {
    ...(judgement.phase === 'Error' && keepValue !== true ? {} : { value }),
    ...judgement,
    ...(metadata === undefined || Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

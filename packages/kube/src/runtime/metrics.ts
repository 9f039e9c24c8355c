/** How a reconcile ended. */
export type ReconcileOutcome = 'settled' | 'waiting' | 'error' | 'terminal' | 'conflict' | 'timeout';

/** What the runtime measures. Every method is called often and must be cheap. Times in milliseconds. */
export interface RuntimeMetrics {
  /** Keys ready and not yet taken. */
  queueDepth?(controller: string, depth: number): void;
  /** From becoming ready until a worker took it. */
  queueLatency?(controller: string, ms: number): void;
  reconciled?(controller: string, outcome: ReconcileOutcome, ms: number): void;
  /** Workers that are busy. */
  busyWorkers?(controller: string, count: number): void;
  /** An informer lost its watch or could not list, with the reason of the API error. */
  informerFailed?(kind: string, reason: string): void;
}

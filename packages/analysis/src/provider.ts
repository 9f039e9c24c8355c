/** What the analysis engine needs of a metric provider, and what providers need of the outside. */
import type { AnalysisRun, Measurement, Metric } from '@kargo/api';
import type { Http } from '@kargo/integrations';
import type { Client, Clock } from '@kargo/kube';

export interface ProviderPorts {
  clock: Clock;
  http: Http;
  /** Reads Secrets, and reads and writes Jobs of the run's namespace. */
  client: Client;
  /** Why Jobs cannot be run here, or nothing if they can. */
  jobsUnavailable?: string | undefined;
  /** Namespace of the Secrets that an operator gives to providers for every Project. Without it only a Project's own are read. */
  systemNamespace?: string | undefined;
  /** Settings an operator gives by environment: addresses and credentials of metric servers. Default: none. */
  environment?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface MeasurementRequest {
  run: AnalysisRun;
  /** Arguments are resolved, secrets included. */
  metric: Metric;
  /** Number of the measurement within its metric, from 1: counts all that were started. */
  ordinal: number;
  signal: AbortSignal;
}

/**
 * A provider cannot measure here at all, and trying again does not help: something has to be set up first. The metric ends with Error at
 * once, without the retries that other errors get.
 */
export class CannotMeasureError extends Error {
  override readonly name = 'CannotMeasureError';
}

/** A measurement as a provider gives it. `startedAt`, `finishedAt` and redaction are the engine's. */
export type MeasurementResult = Omit<Measurement, 'startedAt' | 'finishedAt'>;

/** What a provider removes: what its measurements left behind, but for the newest. */
export interface CollectRequest {
  run: AnalysisRun;
  /** Arguments are resolved, but secrets are not known. */
  metric: Metric;
  /** How many measurements keep what they left. */
  keep: number;
  signal: AbortSignal;
}

/**
 * Takes measurements of one kind. `Running` results are resumed until they complete. A thrown error is a measurement with phase Error
 * and the error's message; it never ends the run by itself.
 */
export interface Provider {
  /** Key under `provider` in a metric. */
  name: string;
  /** Starts a measurement. Repeating it for the same ordinal finds what the first call started. */
  run(request: MeasurementRequest, ports: ProviderPorts): Promise<MeasurementResult>;
  resume?(request: MeasurementRequest, measurement: Measurement, ports: ProviderPorts): Promise<MeasurementResult>;
  terminate?(request: MeasurementRequest, measurement: Measurement, ports: ProviderPorts): Promise<MeasurementResult>;
  /** Facts about the metric worth keeping, such as a resolved query. */
  metadata?(metric: Metric): Record<string, string>;
  /** Removes what older measurements left behind. Called when a metric has more measurements than are kept. */
  collect?(request: CollectRequest, ports: ProviderPorts): Promise<void>;
}

/** The provider's part of a metric. Validation has made sure that there is exactly one. */
export function providerConfig(metric: Metric): { name: string; config: Record<string, unknown> } {
  const [name, config] = Object.entries(metric.provider)[0] ?? ['', {}];
  return { name, config: (config ?? {}) as Record<string, unknown> };
}

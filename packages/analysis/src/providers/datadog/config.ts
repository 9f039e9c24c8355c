import { parseDuration } from '@kargo/gocompat';

export interface DatadogConfig {
  query?: string;
  queries?: Record<string, string>;
  formula?: string;
  interval?: string;
  apiVersion?: string;
  aggregator?: string;
  secretRef?: { name?: string; namespaced?: boolean };
  requestTimeout?: string;
}

/** A configuration with its defaults, known to be consistent. */
export interface ReadDatadogConfig {
  apiVersion: 'v1' | 'v2';
  /** By name; a single query is called `query`. */
  queries: Readonly<Record<string, string>>;
  formula: string;
  interval: string;
  aggregator: string;
  /** Milliseconds. */
  timeout: number;
  secretRef: { name?: string; namespaced?: boolean } | undefined;
}

const AGGREGATORS = ['avg', 'min', 'max', 'sum', 'last', 'percentile', 'mean', 'l2norm', 'area'];

/** Applies defaults and refuses what contradicts itself. */
export function readDatadogConfig(config: DatadogConfig): ReadDatadogConfig {
  const { query = '', queries = {}, formula = '', apiVersion = 'v1', aggregator, secretRef } = config;
  const names = Object.keys(queries);
  if (apiVersion !== 'v1' && apiVersion !== 'v2') throw new Error(`datadog apiVersion must be v1 or v2, found ${apiVersion}`);
  if (query === '' && names.length === 0)
    throw new Error('cannot use datadog without a query: set query, or queries and formula');
  if (query !== '' && names.length > 0) throw new Error('cannot use both query and queries: give one of them');
  if (formula !== '' && names.length === 0) throw new Error('formula are only valid when queries are set');
  if (names.length > 1 && formula === '') throw new Error('you must specify a formula when there is more than one query');
  if (apiVersion === 'v1') {
    if (names.length > 0) throw new Error('datadog v1 takes a single query: use apiVersion v2 for queries and formula');
    if (aggregator !== undefined && aggregator !== '')
      throw new Error('aggregator is not supported in the v1 API: use apiVersion v2');
  }
  const aggregate = aggregator || 'last';
  if (!AGGREGATORS.includes(aggregate))
    throw new Error(`datadog aggregator must be one of ${AGGREGATORS.join(', ')}, found ${aggregate}`);
  const timeout = parseDuration(config.requestTimeout || '10s');
  if (timeout <= 0) throw new Error(`datadog requestTimeout must be greater than 0, found ${config.requestTimeout}`);
  return {
    apiVersion,
    queries: names.length === 0 ? { query } : queries,
    formula: formula || (names[0] ?? 'query'),
    interval: config.interval || '5m',
    aggregator: aggregate,
    timeout,
    secretRef,
  };
}

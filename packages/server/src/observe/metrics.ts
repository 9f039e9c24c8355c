import type { ReconcileOutcome, RuntimeMetrics } from '@kargo/kube';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RestMetrics } from '../options.ts';
import { measureEventLoopLag, NEVER } from './event-loop-lag.ts';

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** For what people wait for: seconds to weeks. */
const LONG = [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 12 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400];
const OUTCOMES: readonly ReconcileOutcome[] = ['settled', 'waiting', 'error', 'terminal', 'conflict', 'timeout'];
export const PROMOTION_RESULTS = ['Succeeded', 'Failed', 'Errored', 'Aborted'] as const;
export const VERIFICATION_RESULTS = ['Successful', 'Failed', 'Error', 'Aborted', 'Inconclusive'] as const;

const MEASUREMENT_PHASES = ['Successful', 'Failed', 'Error', 'Inconclusive'] as const;

/** Everything that is measured, and what measures it. */
export interface Metrics {
  /** For the REST server. */
  rest: RestMetrics;
  /** For the controllers. */
  runtime: RuntimeMetrics;
  /** A git command ended. `command` is its first word, of which there are few. */
  git(command: string, result: 'ok' | 'failed', ms: number): void;
  /** A measurement of an AnalysisRun ended. */
  measured(provider: string, phase: string): void;
  domain: DomainMetrics;
}

/** Measures of what Kargo is for; see {@link observeDomain} for what fills them. */
export interface DomainMetrics {
  promotionEnded: Counter<'project' | 'stage' | 'result'>;
  promotionSeconds: Histogram<'project' | 'result'>;
  promotionQueue: Gauge<'project' | 'stage'>;
  promotionsRunning: Gauge<'project'>;
  stateSeconds: Histogram<'state'>;
  leadSeconds: Histogram<'project' | 'stage'>;
  verificationEnded: Counter<'project' | 'stage' | 'result'>;
  verificationSeconds: Histogram<'project'>;
  freightDiscovered: Counter<'project' | 'warehouse'>;
  objects: Gauge<'kind'>;
}

/** New metrics, each in its own registry. `process`: whether to measure the process too. */
export function createMetrics({ process = true }: { process?: boolean } = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (process) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER });
  const takeLag = process ? measureEventLoopLag(registry) : undefined;
  const requests = new Histogram({
    name: 'kargo_http_request_duration_seconds',
    help: 'How long requests of the REST API took',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers,
  });
  const streams = new Gauge({ name: 'kargo_http_streams', help: 'Streams of the REST API that are open', registers });
  const reconciles = new Histogram({
    name: 'kargo_reconcile_duration_seconds',
    help: 'How long reconciles took, by how they ended',
    labelNames: ['controller', 'outcome'],
    buckets: SECONDS,
    registers,
  });
  const depth = new Gauge({
    name: 'kargo_workqueue_depth',
    help: 'Objects that wait for a worker',
    labelNames: ['controller'],
    registers,
  });
  const latency = new Histogram({
    name: 'kargo_workqueue_latency_seconds',
    help: 'How long objects waited for a worker',
    labelNames: ['controller'],
    buckets: SECONDS,
    registers,
  });
  const busy = new Gauge({ name: 'kargo_workers_busy', help: 'Workers that are busy', labelNames: ['controller'], registers });
  const informers = new Counter({
    name: 'kargo_informer_failures_total',
    help: 'Watches that were lost or could not be begun',
    labelNames: ['kind', 'reason'],
    registers,
  });
  const git = new Histogram({
    name: 'kargo_git_command_duration_seconds',
    help: 'How long git commands took',
    labelNames: ['command', 'result'],
    buckets: SECONDS,
    registers,
  });
  const measurements = new Counter({
    name: 'kargo_analysis_measurements_total',
    help: 'Measurements of AnalysisRuns that ended, by provider and phase',
    labelNames: ['provider', 'phase'],
    registers,
  });
  const known = new Set<string>();
  return {
    rest: {
      answered: (route, method, status, ms) => requests.observe({ route, method, status: String(status) }, ms / 1000),
      streams: (open) => streams.set(open),
      exposition: async () => {
        takeLag?.();
        return { contentType: registry.contentType, text: await registry.metrics() };
      },
    },
    runtime: {
      queueDepth: (controller, count) => depth.set({ controller }, count),
      queueLatency: (controller, ms) => latency.observe({ controller }, ms / 1000),
      reconciled(controller, outcome, ms) {
        // To zero what has been counted would forget it.
        if (!known.has(controller)) for (const each of OUTCOMES) reconciles.zero({ controller, outcome: each });
        known.add(controller);
        reconciles.observe({ controller, outcome }, ms / 1000);
      },
      busyWorkers: (controller, count) => busy.set({ controller }, count),
      informerFailed: (kind, reason) => informers.inc({ kind, reason }),
    },
    measured(provider, phase) {
      for (const each of MEASUREMENT_PHASES) measurements.inc({ provider, phase: each }, 0);
      measurements.inc({ provider, phase });
    },
    git: (command, result, ms) => git.observe({ command, result }, ms / 1000),
    domain: domainMetrics(registers),
  };
}

function domainMetrics(registers: Registry[]): DomainMetrics {
  return {
    promotionEnded: new Counter({
      name: 'kargo_promotions_total',
      help: 'Promotions that ended, by result',
      labelNames: ['project', 'stage', 'result'],
      registers,
    }),
    promotionSeconds: new Histogram({
      name: 'kargo_promotion_duration_seconds',
      help: 'From the start of a promotion to its end',
      labelNames: ['project', 'result'],
      buckets: LONG,
      registers,
    }),
    promotionQueue: new Gauge({
      name: 'kargo_promotions_queued',
      help: 'Promotions that wait for their turn',
      labelNames: ['project', 'stage'],
      registers,
    }),
    promotionsRunning: new Gauge({
      name: 'kargo_promotions_running',
      help: 'Promotions that are being carried out',
      labelNames: ['project'],
      registers,
    }),
    stateSeconds: new Histogram({
      name: 'kargo_promotion_state_seconds',
      help: 'How long promotions were in each state before they left it',
      labelNames: ['state'],
      buckets: LONG,
      registers,
    }),
    leadSeconds: new Histogram({
      name: 'kargo_freight_lead_time_seconds',
      help: 'From the discovery of freight to its verification in a stage',
      labelNames: ['project', 'stage'],
      buckets: LONG,
      registers,
    }),
    verificationEnded: new Counter({
      name: 'kargo_verifications_total',
      help: 'Verifications that ended, by result',
      labelNames: ['project', 'stage', 'result'],
      registers,
    }),
    verificationSeconds: new Histogram({
      name: 'kargo_verification_duration_seconds',
      help: 'How long verifications took',
      labelNames: ['project'],
      buckets: LONG,
      registers,
    }),
    freightDiscovered: new Counter({
      name: 'kargo_freight_discovered_total',
      help: 'Freight that was made',
      labelNames: ['project', 'warehouse'],
      registers,
    }),
    objects: new Gauge({ name: 'kargo_objects', help: 'Objects that there are', labelNames: ['kind'], registers }),
  };
}

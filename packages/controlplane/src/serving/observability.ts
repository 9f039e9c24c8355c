import type { ProcessRequest, Processes } from '@kargo/integrations';
import type { Client, Clock, Log } from '@kargo/kube';
import { createMetrics, observeDomain, traceFreight, type Metrics } from '@kargo/server';

/** What watches the control plane at work. */
export interface Observability {
  metrics: Metrics;
  stop(): Promise<void>;
}

/**
 * Measures what happens and, where a collector of traces is configured, tells it. Whatever goes wrong with that is logged and changes
 * nothing else.
 */
export async function startObservability(options: {
  client: Client;
  clock: Clock;
  log: Log;
  metrics?: Metrics | undefined;
  /** Base address of an OTLP collector. */
  traces: string | undefined;
  version: string;
}): Promise<Observability> {
  const { client, clock, log, traces, version } = options;
  const metrics = options.metrics ?? createMetrics();
  const stops = [await observeDomain({ client, clock, log, metrics: metrics.domain })];
  if (traces !== undefined) {
    // The exporter is large, and most installations have nothing to export to.
    const { startExporter } = await import('./trace-exporter.ts');
    const exporter = startExporter({ endpoint: traces, version });
    stops.push(() => exporter.shutdown());
    stops.push(await traceFreight({ client, clock, log, tracer: exporter.tracer }));
  }
  return {
    metrics,
    stop: async () => {
      for (const stop of stops.toReversed()) await stop();
    },
  };
}

/** Child processes, with the time that git took told to the metrics. */
export function measuredProcesses(processes: Processes, metrics: Metrics, clock: Clock): Processes {
  return {
    async run(request) {
      const command = gitCommand(request);
      if (command === undefined) return processes.run(request);
      const begun = clock.now();
      let result: 'ok' | 'failed' = 'failed';
      try {
        const outcome = await processes.run(request);
        if (outcome.exitCode === 0) result = 'ok';
        return outcome;
      } finally {
        metrics.git(command, result, clock.now() - begun);
      }
    },
  };
}

const KNOWN = new Set(
  'add apply archive branch cat-file checkout clean clone commit commit-tree config diff diff-tree fetch for-each-ref gc hash-object init log ls-files ls-remote ls-tree merge merge-base mktree push read-tree rebase remote reset rev-list rev-parse rm show show-ref status tag update-index update-ref worktree write-tree'.split(
    ' ',
  ),
);

/** The command of a run of git; options before it do not count. */
function gitCommand({ command, args }: ProcessRequest): string | undefined {
  if (command !== 'git' && !command.endsWith('/git')) return undefined;
  return args.find((arg) => KNOWN.has(arg)) ?? 'other';
}

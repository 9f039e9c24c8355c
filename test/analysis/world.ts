/** The analysis engine in a world of its own: virtual time, the embedded API, and an executor whose attempts end as scripted. */
import type { AttemptRequest, AttemptResult, JobExecutor, JobLogs, ProviderPorts } from '@kargo/analysis';
import { allKinds, AnalysisRun, Event, Namespace, Secret, type AnalysisRunSpec } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { analysisRunController, eventRecorder, jobController } from '@kargo/controllers';
import type { Http } from '@kargo/integrations';
import { Manager, seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { interceptClient, type ClientHooks } from '@kargo/kube/testing';

export class World {
  readonly clock = new VirtualClock('2026-01-02T03:04:05Z');
  readonly attempts: AttemptRequest[] = [];
  /** Measurements that were told to the metrics. */
  readonly measured: string[] = [];
  readonly api = openApiServer({ path: ':memory:', kinds: allKinds, clock: this.clock, random: seededRandom(1) });
  readonly client: Client = this.api.client();
  readonly http: Http;
  readonly #outcomes: AttemptResult[];
  #manager: Manager | undefined;

  constructor(outcomes: AttemptResult[] = [], http?: Http['send']) {
    this.#outcomes = outcomes;
    this.http = { send: http ?? (() => Promise.reject(new Error('no http here'))) };
  }

  async start(
    options: { executor?: boolean; runs?: JobExecutor; hooks?: ClientHooks; ports?: Partial<ProviderPorts>; logs?: JobLogs } = {},
  ): Promise<void> {
    const { clock } = this;
    const client = interceptClient(this.client, options.hooks ?? {});
    const manager = new Manager({ client, clock, random: seededRandom(2), log: silentLog });
    const jobsUnavailable =
      options.executor === false ? 'no job executor available in embedded mode: start with --job-executor' : undefined;
    const events = eventRecorder({ client, clock, random: seededRandom(3), log: silentLog, component: 'analysis-controller' });
    manager.add(
      analysisRunController({
        cache: manager.cache,
        ports: { clock, http: this.http, client, jobsUnavailable, ...options.ports },
        events,
        logs: options.logs,
        measured: (provider, phase) => this.measured.push(`${provider} ${phase}`),
      }),
    );
    if (options.executor !== false)
      manager.add(
        jobController({ client, clock, log: silentLog, executor: options.runs ?? this.#executor(), events, logs: options.logs }),
      );
    this.#manager = manager;
    await manager.start();
  }

  async stop(): Promise<void> {
    await this.#manager?.stop();
  }

  defects(): readonly unknown[] {
    return this.#manager?.defects() ?? [];
  }

  /** Each attempt takes ten seconds and then ends as scripted. */
  #executor(): JobExecutor {
    return {
      name: 'scripted',
      run: async (request) => {
        this.attempts.push(request);
        for (const { name } of request.containers)
          request.onOutput?.(name, `attempt ${request.id.split('-').at(-1)} of ${name}\n`);
        await this.clock.sleep(10_000, { signal: request.signal });
        return this.#outcomes.shift() ?? { kind: 'succeeded' };
      },
    };
  }

  async namespace(): Promise<void> {
    await this.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } });
  }

  /** Creates the run `demo/run`, its namespace, and Secrets there: what is in each, by name. */
  async create(
    spec: AnalysisRunSpec,
    {
      labels = {},
      secrets = {},
    }: { labels?: Record<string, string>; secrets?: Readonly<Record<string, Record<string, string>>> } = {},
  ): Promise<void> {
    await this.namespace();
    for (const [name, stringData] of Object.entries(secrets))
      await this.client.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'demo', name }, stringData });
    await this.client.create(AnalysisRun, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: { namespace: 'demo', name: 'run', labels },
      spec,
    });
  }

  /** The events so far: type, reason and message. */
  async events(): Promise<string[]> {
    const { items } = await this.client.list(Event, { namespace: 'demo' });
    return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`).toSorted();
  }

  run(): Promise<AnalysisRun> {
    return this.client.get(AnalysisRun, { namespace: 'demo', name: 'run' });
  }

  async close(): Promise<void> {
    await this.stop();
    await this.api.close();
  }
}

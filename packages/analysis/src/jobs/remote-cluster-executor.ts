/** Runs attempts of Jobs in another cluster, as Jobs there: everything a Pod can do, it can do. */
import { apiVersionOf, isReason, isUnavailable, Job, Pod, type Workload } from '@kargo/api';
import { redactor as outputRedactor } from '@kargo/integrations';
import type { Client, Clock } from '@kargo/kube';
import { redactor } from '../redact.ts';
import type { AttemptRequest, AttemptResult, JobExecutor } from './executor.ts';

/** The output of a container from its beginning: until it ends, or, without `follow`, what is there. Default: it is followed. */
export type PodLogs = (
  key: { namespace: string; pod: string; container: string },
  options: { signal: AbortSignal; follow?: boolean; timestamps?: boolean },
) => AsyncIterable<string>;

export interface RemoteClusterOptions {
  /** Creates, reads and deletes Jobs, and reads Pods. */
  client: Client;
  clock: Clock;
  podLogs: PodLogs;
  /** Namespace of the Jobs there. Default: the one of the Job here. */
  namespace?: string | undefined;
}

/** Label of a Job there: the attempt it is. */
const ATTEMPT_LABEL = 'kargo.akuity.io/job-attempt';
/** Milliseconds between two looks. Nothing tells this process of changes there. */
const LOOK = 1_000;
/** Milliseconds beyond the time of the attempt itself after which a cluster that does not answer is given up. */
const PATIENCE = 5 * 60_000;
/** Milliseconds after the end of the Job in which its output may still arrive. */
const LAST_OUTPUT = 30_000;
/** Seconds after which a cluster removes by itself what could not be removed from here. */
const LEFT_OVER = 3600;
const IMAGE_REASONS: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);

interface Waiting {
  reason?: string;
  message?: string;
}

interface ContainerStatus {
  name: string;
  state?: { waiting?: Waiting; running?: object; terminated?: { exitCode?: number; message?: string; reason?: string } };
}

/** An executor that takes the Pod template as it stands: what it refers to is looked for in the other cluster. */
export function remoteClusterExecutor(options: RemoteClusterOptions): JobExecutor {
  return {
    name: 'remote-cluster',
    takesTemplate: true,
    run: (request) => new RemoteAttempt(options, request).run(),
  };
}

class RemoteAttempt {
  readonly #options: RemoteClusterOptions;
  readonly #request: AttemptRequest;
  readonly #key: { namespace: string; name: string };
  readonly #followed = new Map<string, Promise<void>>();
  readonly #over = new AbortController();

  constructor(options: RemoteClusterOptions, request: AttemptRequest) {
    this.#options = options;
    this.#request = request;
    this.#key = {
      namespace: options.namespace ?? request.template?.namespace ?? 'default',
      name: `kargo-${request.id}`.slice(0, 63),
    };
  }

  async run(): Promise<AttemptResult> {
    const { clock } = this.#options;
    const { signal, timeout, secrets } = this.#request;
    const until = clock.now() + timeout + PATIENCE;
    const hidden = redactor(secrets);
    try {
      await this.#patiently(until, () => this.#create());
      for (;;) {
        const result = await this.#patiently(until, () => this.#look());
        if (result !== undefined) {
          const output = Promise.all(this.#followed.values());
          await Promise.race([output, clock.sleep(LAST_OUTPUT, { signal: AbortSignal.any([signal, this.#over.signal]) })]);
          return result.kind === 'succeeded' ? result : { ...result, message: hidden(result.message) };
        }
        await clock.sleep(LOOK, { signal });
      }
    } finally {
      this.#over.abort(new Error('the attempt is over'));
      await this.#delete();
    }
  }

  /** While the cluster does not answer, it is asked again: that says nothing of the Job. */
  async #patiently<T>(until: number, ask: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isUnavailable(error) || clock.now() > until) throw error;
        await clock.sleep(LOOK, { signal: this.#request.signal });
      }
    }
  }

  async #look(): Promise<AttemptResult | undefined> {
    const job = await this.#options.client.get(Job, this.#key, { signal: this.#request.signal });
    const pods = await this.#pods();
    this.#follow(pods);
    return imageFailure(pods) ?? outcome(job, pods);
  }

  /** One that is there already was made by this attempt before the process was restarted. */
  async #create(): Promise<void> {
    const { id, template, timeout, signal } = this.#request;
    if (template === undefined) throw new Error('programmer error: an attempt for another cluster needs the Pod template');
    const { metadata, spec } = template.pod as { metadata?: { labels?: Record<string, string> }; spec?: object };
    const job: Workload = {
      apiVersion: apiVersionOf(Job),
      kind: Job.kind,
      metadata: { ...this.#key, labels: { ...template.labels, [ATTEMPT_LABEL]: id } },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: Math.max(1, Math.ceil(timeout / 1000)),
        ttlSecondsAfterFinished: LEFT_OVER,
        template: {
          metadata: { ...metadata, labels: { ...metadata?.labels, [ATTEMPT_LABEL]: id } },
          spec: { ...spec, restartPolicy: 'Never' },
        },
      },
    };
    try {
      await this.#options.client.create(Job, job, { signal });
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
    }
  }

  async #pods(): Promise<Workload[]> {
    const { id, signal } = this.#request;
    const { items } = await this.#options.client.list(Pod, {
      namespace: this.#key.namespace,
      labelSelector: `${ATTEMPT_LABEL}=${id}`,
      signal,
    });
    return items;
  }

  /** Passes the output of every container on as soon as it says something. */
  #follow(pods: readonly Workload[]): void {
    const { onOutput } = this.#request;
    const signal = AbortSignal.any([this.#request.signal, this.#over.signal]);
    for (const pod of pods) {
      for (const { name: container, state } of statusesOf(pod)) {
        const name = pod.metadata.name ?? '';
        const key = `${name}/${container}`;
        if (
          onOutput === undefined ||
          this.#followed.has(key) ||
          (state?.running === undefined && state?.terminated === undefined)
        )
          continue;
        this.#followed.set(key, this.#passOn(name, container, signal));
      }
    }
  }

  async #passOn(pod: string, container: string, signal: AbortSignal): Promise<void> {
    const { onOutput, secrets } = this.#request;
    const hiding = outputRedactor(secrets);
    const say = (text: string): void => {
      if (text !== '' && !signal.aborted) onOutput?.(container, text);
    };
    let why = '';
    try {
      const logs = this.#options.podLogs({ namespace: this.#key.namespace, pod, container }, { signal });
      for await (const text of logs) say(hiding.push(text));
    } catch (error) {
      // The verdict does not hang on the output.
      why = `the output could not be read: ${error instanceof Error ? error.message : String(error)}\n`;
    }
    say(hiding.end() + why);
  }

  async #delete(): Promise<void> {
    try {
      await this.#options.client.delete(Job, this.#key, { propagationPolicy: 'Background' });
    } catch (error) {
      // Nor does it hang on whether the cluster answers now: it removes what is left over by itself.
      if (!isReason(error, 'NotFound') && !isUnavailable(error)) throw error;
    }
  }
}

function statusesOf({ status }: Workload): ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [] } = (status ?? {}) as Record<string, ContainerStatus[] | undefined>;
  return [...initContainerStatuses, ...containerStatuses];
}

function imageFailure(pods: readonly Workload[]): AttemptResult | undefined {
  for (const pod of pods) {
    for (const { name, state } of statusesOf(pod)) {
      const { reason = '', message = '' } = state?.waiting ?? {};
      if (IMAGE_REASONS.has(reason))
        return {
          kind: 'image',
          reason: reason === 'InvalidImageName' ? reason : 'ErrImagePull',
          message: `Pod ${pod.metadata.name}, container ${name} has terminal error (${reason}): ${message}`,
        };
    }
  }
  return undefined;
}

function outcome({ status }: Workload, pods: readonly Workload[]): AttemptResult | undefined {
  const conditions = (status?.['conditions'] ?? []) as { type: string; status?: string; reason?: string; message?: string }[];
  const ended = conditions.find((each) => each.status === 'True' && (each.type === 'Complete' || each.type === 'Failed'));
  if (ended === undefined) return undefined;
  if (ended.type === 'Complete') return { kind: 'succeeded' };
  const failed = pods.flatMap(statusesOf).find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  if (failed === undefined) {
    const why = [ended.reason, ended.message].filter((part) => part !== undefined && part !== '').join(': ');
    return { kind: 'failed', container: '', exitCode: undefined, message: `the Job failed in the other cluster: ${why}` };
  }
  const { exitCode, message = '', reason = '' } = failed.state?.terminated ?? {};
  const words = message.trim() === '' ? reason : message.trim().slice(-500);
  return {
    kind: 'failed',
    container: failed.name,
    exitCode,
    message: `container "${failed.name}" ended with exit code ${exitCode}${words === '' ? '' : `: ${words}`}`,
  };
}

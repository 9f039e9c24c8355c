/** The embedded GitOps agent in a world of its own: virtual time, the embedded API, and a git that holds what the test says. */
import { allKinds, Application, Namespace, type KubeObject } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { applicationController, DEFAULT_DELAYS, trackingIndexes, workloadControllers } from '@kargo/controllers';
import { PortError } from '@kargo/integrations';
import { Manager, seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';

export const manifest = (
  apiVersion: string,
  kind: string,
  name: string,
  annotations: Record<string, string> = {},
  rest: object = {},
): KubeObject => ({ apiVersion, kind, metadata: { name, annotations }, ...rest });

export const deployment = (name: string, annotations: Record<string, string> = {}, replicas = 1): KubeObject =>
  manifest('apps/v1', 'Deployment', name, annotations, {
    spec: { replicas, template: { spec: { containers: [{ name, image: `${name}:1` }] } } },
  });
export const service = (name: string, annotations: Record<string, string> = {}): KubeObject =>
  manifest('v1', 'Service', name, annotations, { spec: { ports: [{ port: 80 }] } });
export const job = (name: string, annotations: Record<string, string> = {}): KubeObject =>
  manifest('batch/v1', 'Job', name, annotations, { spec: { template: { spec: { containers: [{ name, image: name }] } } } });

const KEY = { namespace: 'argocd', name: 'web' };

class Unreachable extends PortError<'unreachable'> {
  override readonly name = 'Unreachable';
}

export class AgentWorld {
  readonly clock = new VirtualClock('2026-01-02T03:04:05Z');
  readonly api = openApiServer({ path: ':memory:', kinds: allKinds, clock: this.clock, random: seededRandom(1) });
  readonly client: Client = this.api.client();
  /** Commit of every branch. */
  head = 'a'.repeat(40);
  /** What is rendered at a commit. */
  readonly content: Record<string, KubeObject[]> = {};
  /** Seconds at which revisions were resolved. */
  readonly resolved: number[] = [];
  /** Called while a pass renders. */
  whileRendering: (() => Promise<void>) | undefined;
  gitDown = false;
  readonly #start = this.clock.now();
  readonly #manager = new Manager({ client: this.client, clock: this.clock, random: seededRandom(2), log: silentLog });

  async start(...objects: KubeObject[]): Promise<void> {
    this.content[this.head] = objects;
    const manager = this.#manager;
    for (const index of trackingIndexes) manager.addIndex(index);
    const { client, clock } = this;
    const renderer = {
      resolve: () => {
        this.resolved.push((clock.now() - this.#start) / 1000);
        if (this.gitDown) throw new Unreachable('unreachable', 'git is down', { transient: true });
        return Promise.resolve([this.head]);
      },
      render: async (_app: Application, [revision = '']: readonly string[]) => {
        await this.whileRendering?.();
        return structuredClone(this.content[revision] ?? []);
      },
    };
    manager.add(
      applicationController({
        client,
        cache: manager.cache,
        clock,
        random: seededRandom(3),
        renderer,
        argoCDNamespace: 'argocd',
      }),
    );
    for (const controller of workloadControllers({ client, clock, delays: DEFAULT_DELAYS })) manager.add(controller);
    await manager.start();
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } });
  }

  async create(
    spec: Partial<Application['spec']> & Record<string, unknown> = {},
    annotations: Record<string, string> = {},
  ): Promise<void> {
    await this.client.create(Application, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { ...KEY, annotations },
      spec: {
        project: 'default',
        source: { repoURL: 'http://git/repo.git', targetRevision: 'stage/test', path: '.' },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'web' },
        ...spec,
      },
    });
    await this.clock.advanceBy(50);
  }

  push(...objects: KubeObject[]): void {
    this.head = String.fromCharCode(this.head.charCodeAt(0) + 1).repeat(40);
    this.content[this.head] = objects;
  }

  async sync(operation: object = { sync: {} }): Promise<void> {
    await this.patch({ operation: operation as never, metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } });
  }

  async patch(body: object): Promise<void> {
    await this.client.patch(Application, KEY, { type: 'merge', body: body as never });
    await this.clock.advanceBy(50);
  }

  /** Requests a refresh, without waiting for it. */
  async patchRefresh(at: string): Promise<void> {
    const annotations = { 'argocd.argoproj.io/refresh': 'normal', 'argocd.argoproj.io/refresh-timestamp': at };
    await this.client.patch(Application, KEY, { type: 'merge', body: { metadata: { annotations } } });
  }

  app(): Promise<Application> {
    return this.client.get(Application, KEY);
  }

  /** Phase and message of the operation. */
  async operation(): Promise<string> {
    const { phase, message } = (await this.app()).status?.operationState ?? {};
    return `${phase}: ${message}`;
  }

  /** Seconds since the beginning. */
  now(): number {
    return (this.clock.now() - this.#start) / 1000;
  }

  defects(): readonly unknown[] {
    return this.#manager.defects();
  }

  async close(): Promise<void> {
    await this.#manager.stop();
    await this.api.close();
  }
}

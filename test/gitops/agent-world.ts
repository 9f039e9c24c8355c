/** The embedded GitOps agent in a world of its own: virtual time, the embedded API, and a git that holds what the test says. */
import { Application, Namespace, type Kind, type KubeObject } from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import {
  applicationController,
  type ApplicationControllerDeps,
  DEFAULT_DELAYS,
  Destinations,
  requestsOfTracking,
  trackingIndexes,
  workloadControllers,
  type DestinationsOptions,
} from '@kargo/controllers';
import { PortError } from '@kargo/integrations';
import { Manager, seededRandom, silentLog, systemClock, VirtualClock, type Client } from '@kargo/kube';

import { define, kindsBeside, strict } from '../stage/published-crds.ts';

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

/** A definition of the kind Gadget in a group, with the field `spec.size`. */
export const gadgets = (group: string): KubeObject =>
  manifest(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    `gadgets.${group}`,
    {},
    {
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget', listKind: 'GadgetList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
              },
            },
          },
        ],
      },
    },
  );

const KEY = { namespace: 'argocd', name: 'web' };

class Unreachable extends PortError<'unreachable'> {
  override readonly name = 'Unreachable';
}

export class AgentWorld {
  readonly clock = new VirtualClock('2026-01-02T03:04:05Z');
  readonly api: ApiServer;
  readonly client: Client;
  /** Commit of every branch. */
  head = 'a'.repeat(40);
  /** What is rendered at a commit. */
  readonly content: Record<string, KubeObject[]> = {};
  /** Seconds at which revisions were resolved. */
  readonly resolved: number[] = [];
  /** Called while a pass renders. */
  whileRendering: (() => Promise<void>) | undefined;
  gitDown = false;
  /** Git cannot tell how two commits differ: the mirror lacks one, and there is nowhere to get it from. */
  historyMissing = false;
  /** Milliseconds between polls of git; default as in production. Set before the start. */
  poll: number | undefined;
  /** Renders in place of `content`. Set before the start. */
  renderer: ApplicationControllerDeps['renderer'] | undefined;
  /** What the agent reaches the API through, if it is to be watched or disturbed. Set before the start. */
  hooks: Client | undefined;
  /** What the agent may deploy to besides the simulated destination. */
  readonly destinations: Partial<Pick<DestinationsOptions, 'connect' | 'directories' | 'inCluster'>>;
  readonly #start = this.clock.now();
  readonly #definitions: readonly KubeObject[];
  #manager: Manager | undefined;

  /** With `definitions` that others publish, in place of this project's own kinds, writes that do not fit them are refused. */
  constructor(
    destinations: Partial<Pick<DestinationsOptions, 'connect' | 'directories' | 'inCluster'>> = {},
    definitions: readonly KubeObject[] = [],
  ) {
    this.destinations = destinations;
    this.#definitions = definitions;
    this.api = openApiServer({ path: ':memory:', kinds: kindsBeside(definitions), clock: this.clock, random: seededRandom(1) });
    this.client = definitions.length > 0 ? strict(this.api.client()) : this.api.client();
  }

  async start(...objects: KubeObject[]): Promise<void> {
    await define(this.api.client(), this.#definitions);
    this.content[this.head] = objects;
    const client = this.hooks ?? this.client;
    const manager = new Manager({ client, clock: this.clock, random: seededRandom(2), log: silentLog });
    this.#manager = manager;
    for (const index of trackingIndexes) manager.addIndex(index);
    const { clock } = this;
    const renderer: ApplicationControllerDeps['renderer'] = this.renderer ?? {
      resolve: () => {
        this.resolved.push((clock.now() - this.#start) / 1000);
        if (this.gitDown) throw new Unreachable('unreachable', 'git is down', { transient: true });
        return Promise.resolve([this.head]);
      },
      render: async (_app: Application, [revision = '']: readonly string[]) => {
        await this.whileRendering?.();
        return { objects: structuredClone(this.content[revision] ?? []), types: ['Directory' as const] };
      },
      differs: async (_app, from, to) => {
        if (this.historyMissing) throw new Unreachable('unreachable', 'no such commit', { transient: true });
        return from.join() !== to.join();
      },
    };
    manager.add(
      applicationController({
        client,
        cache: manager.cache,
        clock,
        random: seededRandom(3),
        renderer,
        destinations: new Destinations({
          client,
          cache: manager.cache,
          clock,
          random: seededRandom(4),
          log: silentLog,
          argoCDNamespace: 'argocd',
          changed: (id) => {
            for (const key of requestsOfTracking(id, 'argocd')) manager.enqueue(Application as unknown as Kind<KubeObject>, key);
          },
          signal: manager.stopping,
          ...this.destinations,
        }),
        argoCDNamespace: 'argocd',
        ...(this.poll === undefined ? {} : { pollInterval: this.poll }),
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

  /** Waits for what needs real time as well: `step` milliseconds of virtual time pass between two looks. */
  async until(holds: () => Promise<boolean>, { step = 20, tries = 400 }: { step?: number; tries?: number } = {}): Promise<void> {
    for (let made = 0; made < tries; made++) {
      if (await holds()) return;
      await this.clock.advanceBy(step);
      await systemClock.sleep(5);
    }
    const { status } = await this.app();
    throw new Error(`it never came about; the Application is ${JSON.stringify(status, undefined, 1)}`);
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
    return this.#manager?.defects() ?? [];
  }

  async close(): Promise<void> {
    await this.#manager?.stop();
    await this.api.close();
  }
}

/**
 * The Promotion controller on the embedded API and virtual time. Stages and Argo CD are played by the test, through the methods here;
 * steps are what the test makes them.
 */
import {
  allKinds,
  annotations,
  apiVersionOf,
  Application,
  Event,
  Freight,
  labels,
  Namespace,
  Promotion,
  Stage,
  type FreightReference,
  type Kind,
  type KubeObject,
  type PromotionStep,
} from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { eventRecorder, PROMOTION_CONTROLLER, promotionController, promotionIndexes } from '@kargo/controllers';
import type { Folder, Workspace, Workspaces } from '@kargo/integrations';
import { Manager, seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { PromotionRunner, stepRegistry, type Expressions, type Step, type StepPorts } from '@kargo/promotion';

export const PROJECT = 'demo';
export const ULIDS = ['01j2w7a15cxjjgejresfyw6ysp', '01j2w7a15cxjjgejresfyw6ysq', '01j2w7a15cxjjgejresfyw6ysr'];

/** Configurations as they are written, and conditions that say `yes` or `no`. */
export const literal: Expressions = { condition: async (text) => text === 'yes', config: async (config) => config ?? {} };

/** Workspaces that are only names, and the notes of the controller in them. */
export class NamedWorkspaces implements Workspaces {
  readonly names = new Map<string, Map<string, string>>();

  async open(id: string): ReturnType<Workspaces['open']> {
    const known = this.names.get(id);
    const notes = known ?? new Map<string, string>();
    this.names.set(id, notes);
    const hidden = {
      exists: async (path: string) => path === '.' || notes.has(path),
      readFile: async (path: string) => Buffer.from(notes.get(path) ?? ''),
      writeFile: async (path: string, content: string) => void notes.set(path, content),
    } as unknown as Folder;
    return { workspace: unexpected<Workspace>(`workspace ${id}`, { private: hidden }), fresh: known === undefined };
  }

  async remove(id: string): Promise<void> {
    this.names.delete(id);
  }

  async ids(): Promise<string[]> {
    return [...this.names.keys()].toSorted();
  }
}

function unexpected<T extends object>(what: string, expected: Partial<T> = {}): T {
  return new Proxy(expected as T, {
    get: (target, property) => {
      if (property in target) return Reflect.get(target, property) as unknown;
      throw new Error(`the test did not expect ${what} to be asked for ${String(property)}`);
    },
  });
}

export interface WorldOptions {
  steps?: readonly Step<never>[];
  workers?: number;
  expressions?: Expressions;
}

/** A project with the Stage `test`, Freight `f1` and `f2` of the Warehouse `app`, and a Promotion controller. Close it when done. */
export class World {
  readonly clock = new VirtualClock('2026-01-01T00:00:00Z');
  readonly random = seededRandom(3);
  readonly workspaces = new NamedWorkspaces();
  readonly server: ApiServer;
  readonly client: Client;
  manager: Manager;
  readonly #options: WorldOptions;

  private constructor(options: WorldOptions) {
    this.#options = options;
    const { clock, random } = this;
    this.server = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
    this.client = this.server.client();
    this.manager = this.newManager();
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    for (const name of [PROJECT, 'argocd'])
      await world.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await world.stage('test');
    for (const name of ['f1', 'f2']) await world.freight(name);
    await world.manager.start();
    return world;
  }

  newManager(): Manager {
    const { client, clock, random, workspaces } = this;
    const manager = new Manager({ client, clock, random, log: silentLog });
    const registry = stepRegistry(this.#options.steps ?? []);
    const ports: StepPorts = {
      clock,
      random,
      client,
      git: unexpected('git'),
      pullRequests: unexpected('pullRequests'),
      githubCommits: unexpected('githubCommits'),
      credentials: unexpected('credentials'),
      registries: unexpected('registries'),
      renderer: unexpected('renderer'),
      http: unexpected('http'),
      gitIdentity: { name: 'Kargo', email: 'no-reply@kargo.io' },
      argoCDNamespace: 'argocd',
    };
    for (const index of promotionIndexes()) manager.addIndex(index);
    manager.add(
      promotionController({
        client,
        cache: manager.cache,
        clock,
        random,
        workspaces,
        registry,
        runner: new PromotionRunner({ registry, ports, expressions: this.#options.expressions ?? literal }),
        events: eventRecorder({ client, clock, random, log: silentLog, component: PROMOTION_CONTROLLER }),
        ...(this.#options.workers === undefined ? {} : { workers: this.#options.workers }),
      }),
    );
    return manager;
  }

  async close(): Promise<void> {
    await this.manager.stop();
    await this.server.close();
  }

  /** Waits until nothing more follows at this instant. A step that goes on counts as quiet. */
  async quiet(): Promise<void> {
    await this.clock.settle();
  }

  async pass(milliseconds: number): Promise<void> {
    await this.clock.advanceBy(milliseconds);
  }

  async stage(name: string, spec: Partial<Stage['spec']> = {}): Promise<void> {
    await this.client.create(Stage, {
      ...header(Stage, name),
      spec: { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { direct: true } }], ...spec },
    });
  }

  async freight(name: string, from = 'app'): Promise<void> {
    await this.client.create(Freight, {
      ...header(Freight, name),
      origin: { kind: 'Warehouse', name: from },
      images: [{ repoURL: 'example.com/app', tag: name, digest: `sha256:${'0'.repeat(64)}` }],
    });
  }

  async application(name: string): Promise<void> {
    await this.client.create(Application, {
      ...header(Application, name, 'argocd'),
      metadata: { name, namespace: 'argocd', annotations: { [annotations.authorizedStage]: `${PROJECT}:test` } },
      spec: {
        project: 'default',
        destination: { server: 'https://kubernetes.default.svc' },
        source: { repoURL: 'https://git.example.com/demo', targetRevision: 'stage/test', path: '.' },
      },
    });
  }

  /** Submits a Promotion, the `n`th. Returns its name. */
  async promote(steps: PromotionStep[], { freight = 'f1', stage = 'test', n = 0 } = {}): Promise<string> {
    const name = `${stage}.${ULIDS[n]}.${freight}`;
    await this.client.create(Promotion, {
      ...header(Promotion, name),
      metadata: { name, namespace: PROJECT, labels: { [labels.stage]: stage } },
      spec: { stage, freight, steps },
    });
    await this.quiet();
    return name;
  }

  /** Has a Stage start a Promotion. */
  async grant(promotion: string, stage = 'test'): Promise<void> {
    const known = await this.client.get(Stage, { namespace: PROJECT, name: stage });
    await this.client.updateStatus(Stage, { ...known, status: { ...known.status, currentPromotion: { name: promotion } } });
    await this.quiet();
  }

  async annotate(promotion: string, name: string, value: string): Promise<void> {
    await this.client.patch(
      Promotion,
      { namespace: PROJECT, name: promotion },
      { type: 'merge', body: { metadata: { annotations: { [name]: value } } } },
    );
    await this.quiet();
  }

  get(name: string): Promise<Promotion> {
    return this.client.get(Promotion, { namespace: PROJECT, name });
  }

  /** What a Promotion waits for, for people. */
  wait(name: string): { reason: string; message: string; until: readonly unknown[] } | undefined {
    return this.manager.waitOf(Promotion, { namespace: PROJECT, name });
  }

  /** Reasons and messages of the events so far. */
  async told(): Promise<string[]> {
    const { items } = await this.client.list(Event, { namespace: PROJECT });
    return items.map(({ reason, message }) => `${reason}: ${message}`);
  }
}

export function reference(name: string, from: string): FreightReference {
  return { name, origin: { kind: 'Warehouse', name: from } };
}

function header<T extends KubeObject>(
  kind: Kind<T>,
  name: string,
  namespace = PROJECT,
): Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'> {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name, namespace } };
}

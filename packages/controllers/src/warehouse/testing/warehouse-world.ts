/** A control plane with Warehouses on virtual time, and an outside that lives in memory. For tests. */
import { allKinds, apiVersionOf, Namespace, Warehouse, type Condition } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import {
  ChartError,
  type Charts,
  type CommitInfo,
  type Credentials,
  type Git,
  GitError,
  isSamePlatform,
  parsePlatform,
  type ImageMetadata,
  type Registries,
  RegistryError,
} from '@kargo/integrations';
import { type AdmissionRules, type Client, Manager, seededRandom, silentLog, VirtualClock } from '@kargo/kube';
import { eventRecorder } from '../../events/recorder.ts';
import { warehouseController } from '../warehouse-controller.ts';

/** Repositories in memory. Set `broken` to have every call fail with that text. */
export class Outside {
  broken: string | undefined;
  /** Happens once, during the next look at tags. */
  during: (() => Promise<void>) | undefined;
  /** Calls since the last time they were counted. */
  calls: string[] = [];
  readonly images = new Map<string, Map<string, ImageMetadata>>();
  readonly branches = new Map<string, CommitInfo[]>();
  /** Versions by `URL name`, or by URL for charts in registries. */
  readonly chartVersions = new Map<string, string[]>();
  /** Chart repositories that never answer. */
  readonly hanging = new Set<string>();
  /** Calls that contain a key of this fail with its error. */
  readonly failing = new Map<string, Error>();

  pushImage(repository: string, tag: string, more: Partial<ImageMetadata> = {}): void {
    const tags = this.images.get(repository) ?? new Map<string, ImageMetadata>();
    const hex = Buffer.from(`${repository}:${tag}`).toString('hex').padEnd(64, '0').slice(0, 64);
    tags.set(tag, {
      digest: `sha256:${hex}`,
      mediaType: 'm',
      annotations: {},
      platforms: [{ os: 'linux', architecture: 'amd64' }],
      ...more,
    });
    this.images.set(repository, tags);
  }

  pushCommit(url: string, subject: string, committedAt = '2026-01-01T00:00:00Z'): string {
    const commits = this.branches.get(url) ?? [];
    const id = Buffer.from(`${url}${commits.length}`).toString('hex').slice(-40).padStart(40, '0');
    const author = 'Kim <kim@acme.io>';
    this.branches.set(url, [{ id, subject, author, committer: author, committedAt }, ...commits]);
    return id;
  }

  get registries(): Registries {
    return {
      tags: async ({ repository }) => {
        this.#call(`tags ${repository}`, (why) => new RegistryError('unreachable', why));
        const { during } = this;
        this.during = undefined;
        await during?.();
        return [...(this.images.get(repository)?.keys() ?? [])];
      },
      image: ({ repository }, tag, { platform = '' } = {}) => {
        this.#call(`image ${repository}:${tag}`, (why) => new RegistryError('unreachable', why));
        const image = this.images.get(repository)?.get(tag);
        const has = platform === '' || image?.platforms.some((each) => isSamePlatform(each, parsePlatform(platform)));
        return Promise.resolve(has === true ? image : undefined);
      },
    };
  }

  get git(): Git {
    const unused = (): never => {
      throw new Error('not part of this outside');
    };
    return {
      remoteRefs: ({ url }) => {
        this.#call(`refs ${url}`, (why) => new GitError('unreachable', why));
        const head = this.branches.get(url)?.[0];
        const branches = new Map(head === undefined ? [] : [['main', head.id]]);
        return Promise.resolve({ defaultBranch: 'main', branches, tags: new Map() });
      },
      commits: ({ url }, { head, limit }) => {
        this.#call(`commits ${url} ${limit}`, (why) => new GitError('unreachable', why));
        const history = (this.branches.get(url) ?? []).map((commit, index, all) => ({ ...commit, parent: all[index + 1]?.id }));
        const from = Math.max(
          history.findIndex(({ id }) => id === head),
          0,
        );
        return Promise.resolve(history.slice(from, from + limit));
      },
      describe: unused,
      tags: unused,
      changedPaths: unused,
      differingPaths: unused,
      clone: unused,
      open: unused,
      resolve: unused,
      export: unused,
    };
  }

  get charts(): Charts {
    return {
      versions: ({ repoURL, name = '', signal }) => {
        if (this.hanging.has(repoURL)) return hang(signal);
        this.#call(`versions ${repoURL} ${name}`.trimEnd(), (why) => new ChartError('unreachable', why));
        return Promise.resolve([...(this.chartVersions.get(`${repoURL} ${name}`.trimEnd()) ?? [])]);
      },
    };
  }

  /** All of it. */
  get ports(): { git: Git; registries: Registries; charts: Charts } {
    return { git: this.git, registries: this.registries, charts: this.charts };
  }

  takeCalls(): string[] {
    const taken = this.calls;
    this.calls = [];
    return taken;
  }

  #call(what: string, fail: (why: string) => Error): void {
    this.calls.push(what);
    for (const [part, error] of this.failing) if (what.includes(part)) throw error;
    if (this.broken !== undefined) throw fail(this.broken);
  }
}

function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

export interface WarehouseWorld {
  client: Client;
  clock: VirtualClock;
  outside: Outside;
  manager: Manager;
  /** The Warehouse `app` of Project `shop` as it is now. */
  warehouse(): Promise<Warehouse>;
  /** Its condition of a type. */
  condition(type: string): Promise<Condition | undefined>;
  stop(): Promise<void>;
}

/** Starts a world with one Warehouse. */
export async function warehouseWorld(
  spec: Warehouse['spec'],
  {
    outside = new Outside(),
    ports = {},
    admission = [],
  }: {
    outside?: Outside;
    /** Take the place of those in memory. */
    ports?: Partial<{ git: Git; registries: Registries; charts: Charts; credentials: Credentials }>;
    admission?: readonly AdmissionRules[];
  } = {},
): Promise<WarehouseWorld> {
  const clock = new VirtualClock('2026-01-01T10:00:00Z');
  const random = seededRandom(1);
  const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random, admission });
  const client = api.client();
  const manager = new Manager({ client, clock, random, log: silentLog });
  const events = eventRecorder({ client, clock, random, log: silentLog, component: 'warehouse-controller' });
  const credentials = { find: () => Promise.resolve(undefined) };
  manager.add(warehouseController({ client, clock, events, ...outside.ports, credentials, ...ports }));
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await client.create(Warehouse, {
    apiVersion: apiVersionOf(Warehouse),
    kind: Warehouse.kind,
    metadata: { name: 'app', namespace: 'shop' },
    spec,
  });
  await manager.start();
  await manager.idle();
  const warehouse = (): Promise<Warehouse> => client.get(Warehouse, { namespace: 'shop', name: 'app' });
  return {
    client,
    clock,
    outside,
    manager,
    warehouse,
    condition: async (type) => (await warehouse()).status?.conditions?.find((condition) => condition.type === type),
    stop: async () => {
      await manager.stop();
      await api.close();
    },
  };
}

/** A whole Kargo with a git server and a registry beside it, in this process, on real time and real parts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Freight, Promotion, Stage, type Kind, type KubeObject } from '@kargo/api';
import { nodeIO, runCLI } from '@kargo/cli';
import { startControlPlane, type ControlPlane, type UpConfig } from '@kargo/controlplane';
import { startGitServer, startRegistry, type GitServer, type RegistryServer } from '@kargo/integrations/testing';
import { httpClient, silentLog, type Client, type Log } from '@kargo/kube';
import { localizedRepository, manifest, type Addresses } from '../../examples/demo/manifests.ts';

export const PROJECT = 'kargo-demo';
export const PASSWORD = 'e2e-password';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Account {
  username: string;
  password: string;
}

export interface WorldOptions {
  config?: Partial<UpConfig>;
  auth?: Account;
  log?: Log;
}

export class World {
  readonly folder: string;
  readonly git: GitServer;
  readonly registry: RegistryServer;
  readonly addresses: Addresses;
  readonly #io = nodeIO();
  readonly #log: Log;
  plane!: ControlPlane;
  client!: Client;

  private constructor(folder: string, git: GitServer, registry: RegistryServer, log: Log) {
    this.#log = log;
    this.folder = folder;
    this.git = git;
    this.registry = registry;
    this.addresses = { repository: git.repositoryURL('repo'), image: `${registry.host}/nginx/nginx` };
  }

  /** With `auth`, the git server and the registry want that user and password. */
  static async start({ config, auth, log = silentLog }: WorldOptions = {}): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'kargo-e2e-'));
    const git = await startGitServer({ directory: join(folder, 'git'), auth });
    const registry = await startRegistry({ auth: auth === undefined ? undefined : { kind: 'token', ...auth } });
    const world = new World(folder, git, registry, log);
    await git.createRepository('repo', localizedRepository(world.addresses));
    await world.up(config);
    return world;
  }

  /** Starts the control plane on the data folder, signs in with the command line. */
  async up(config: Partial<UpConfig> = {}): Promise<void> {
    this.plane = await startControlPlane({
      config: {
        data: join(this.folder, 'data'),
        host: '127.0.0.1',
        port: 0,
        adminPassword: PASSWORD,
        logLevel: 'discard',
        logFormat: 'console',
        jobExecutor: 'local-process',
        argoCDNamespace: 'argocd',
        sharedNamespace: 'kargo-shared-resources',
        gitName: 'Kargo',
        gitEmail: 'no-reply@kargo.io',
        allowCredentialsOverHTTP: false,
        minimumInterval: '0s',
        ...config,
      },
      log: this.#log,
    });
    this.client = httpClient({ baseURL: this.plane.address, token: this.plane.kubeToken });
    await this.ok(`login ${this.plane.address} --admin --password ${PASSWORD}`);
  }

  async down(): Promise<void> {
    await this.plane.stop();
  }

  async close(): Promise<void> {
    await this.down();
    await this.git.close();
    await this.registry.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Runs a `kargo` command. */
  async kargo(command: string | string[], input = ''): Promise<CommandResult> {
    const argv = typeof command === 'string' ? command.split(' ') : command;
    let stdout = '';
    let stderr = '';
    const code = await runCLI(argv, {
      ...this.#io,
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      stdin: Readable.from([input]),
      isTTY: false,
      env: { XDG_CONFIG_HOME: join(this.folder, 'config'), HOME: this.folder },
    });
    return { code, stdout, stderr };
  }

  /** Runs a `kargo` command that must succeed; returns what it printed. */
  async ok(command: string | string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.kargo(command, input);
    if (code !== 0) throw new Error(`kargo ${String(command)} ended with code ${code}: ${stderr}`);
    return stdout;
  }

  /** Applies the pipeline of the documentation; `sleep` shortens the verification job. */
  async applyPipeline(options: { sleep?: string } = {}): Promise<void> {
    for (const name of ['project', 'stages', 'applications'] as const) {
      const text = await manifest(name, this.addresses);
      await this.ok('apply -f -', options.sleep === undefined ? text : text.replace('- "10"', `- "${options.sleep}"`));
    }
  }

  get<T extends KubeObject>(kind: Kind<T>, name: string, namespace = PROJECT): Promise<T> {
    return this.client.get(kind, { namespace, name });
  }

  stage(name: string): Promise<Stage> {
    return this.get(Stage, name);
  }

  async freightWithTag(tag: string): Promise<Freight> {
    return this.until(`Freight with tag ${tag}`, async () =>
      (await this.client.list(Freight, { namespace: PROJECT })).items.find(({ images }) => images?.[0]?.tag === tag),
    );
  }

  async promotionsOf(stage: string): Promise<Promotion[]> {
    return (await this.client.list(Promotion, { namespace: PROJECT })).items.filter(({ spec }) => spec.stage === stage);
  }

  async verified(freight: string, stage: string, timeout = 60_000): Promise<void> {
    await this.until(
      `Freight ${freight.slice(0, 7)} verified in ${stage}`,
      async () => (await this.get(Freight, freight)).status?.verifiedIn?.[stage],
      timeout,
    );
  }

  /** Looks again and again until `find` finds something. */
  async until<T>(what: string, find: () => Promise<T | undefined | false>, timeout = 30_000): Promise<T> {
    const end = performance.now() + timeout;
    for (;;) {
      const found = await find();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > end) throw new Error(`waited ${timeout / 1000} s in vain for: ${what}\n${await this.diagnosis()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private async diagnosis(): Promise<string> {
    const promotions = (await this.client.list(Promotion, {})).items.map(
      ({ metadata, status }) => `${metadata.name} ${status?.phase} ${status?.message ?? ''}`,
    );
    const stages = (await this.client.list(Stage, {})).items.map(
      ({ metadata, status }) =>
        `${metadata.name} ${status?.phase} ${(status?.conditions ?? []).map(({ type, status: is, reason, message }) => `${type}=${is}/${reason}: ${message}`).join('; ')}`,
    );
    return [...promotions, ...stages].join('\n');
  }
}

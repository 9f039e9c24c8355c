import type { Application, Secret } from '@kargo/api';
import { withoutUserInfo, type Workspaces } from '@kargo/integrations';
import type { Cache, Client, Clock, KindDiscovery, Log, Random } from '@kargo/kube';
import type { Place } from '../project/permissions.ts';
import { ClusterDestination } from './cluster.ts';
import { DirectoryDestination } from './directory.ts';
import type { Destination } from './port.ts';
import { registersCluster, registrations, type Registration } from './registration.ts';
import { simulatedDestination } from './simulated.ts';
import { TrackedObjects } from './tracked-objects.ts';

/** A way to the API of another cluster. */
export interface ClusterLink {
  client: Client;
  discovery: Pick<KindDiscovery, 'kindOf'>;
  /** Address of the API. */
  server: string;
  close(): void;
}

/** Reaches a cluster with a kubeconfig that holds everything itself; `origin` is how messages call it. Fails with `KubeconfigError`. */
export type ConnectCluster = (kubeconfig: string, origin: string) => Promise<ClusterLink>;

export interface DestinationsOptions {
  client: Client;
  cache: Cache;
  clock: Clock;
  random: Random;
  log: Log;
  argoCDNamespace: string;
  /** Reaches registered clusters. Without it, there are none. */
  connect?: ConnectCluster | undefined;
  /** Below it are the folders that `dir://` names. Without it, there are none. */
  directories?: Workspaces | undefined;
  /** The API that this process works on is that of a real cluster: nothing is imitated in it. */
  inCluster?: Pick<ClusterLink, 'client' | 'discovery'> | undefined;
  /** Called with the tracking name of an Application when one of its objects in another cluster has changed. */
  changed?: ((id: string) => void) | undefined;
  /** Ends what follows other clusters. */
  signal: AbortSignal;
}

/** Where an Application goes; `problem`: why it cannot, for good, until somebody changes something. */
export type Found = { destination: Destination; place: Place } | { problem: string };

export const IN_CLUSTER_SERVER = 'https://kubernetes.default.svc';
export const IN_CLUSTER_NAME = 'in-cluster';
const DIRECTORY = /^dir:\/\/([^/]+)(\/.*)?$/;

interface Connected {
  destination: ClusterDestination;
  server: string;
  close: () => void;
}

/** Finds the destination of an Application: the simulated one, a registered cluster, or a folder. */
export class Destinations {
  readonly #options: DestinationsOptions;
  readonly #inCluster: Destination;
  readonly #connected = new Map<string, { version: string; link: Promise<Connected> }>();

  constructor(options: DestinationsOptions) {
    this.#options = options;
    this.#inCluster =
      options.inCluster === undefined
        ? simulatedDestination(options)
        : this.#cluster(`the cluster ${IN_CLUSTER_NAME}`, options.inCluster, options.signal);
    options.signal.addEventListener('abort', () => this.#closeAllBut(new Set()), { once: true });
  }

  /** Whether workloads of in-cluster Applications are imitated. */
  get simulatesInCluster(): boolean {
    return this.#inCluster.simulated;
  }

  async of({ spec }: Application): Promise<Found> {
    const server = spec.destination.server ?? '';
    const name = spec.destination.name ?? '';
    if (server !== '' && name !== '') return { problem: "application destination can't have both name and server defined" };
    if (server === '' && name === '') return { problem: 'Destination server missing from app spec' };
    if (server === IN_CLUSTER_SERVER || name === IN_CLUSTER_NAME)
      return { destination: this.#inCluster, place: { server: IN_CLUSTER_SERVER, name: IN_CLUSTER_NAME } };
    if (server.startsWith('dir:')) return this.#directory(server);
    return this.#registered(server, name, spec.project || 'default');
  }

  async #directory(server: string): Promise<Found> {
    const [, folder = '', path = ''] = DIRECTORY.exec(server) ?? [];
    const { directories } = this.#options;
    if (folder === '')
      return {
        problem: `${server} names no folder: write dir://NAME or dir://NAME/PATH, below the folder for destinations of this installation`,
      };
    if (directories === undefined)
      return { problem: `${server}: this installation has no folder for destinations; see --gitops-directory` };
    try {
      const { workspace } = await directories.open(folder);
      const relative = path.replaceAll(/^\/+|\/+$/g, '');
      return {
        destination: new DirectoryDestination({ title: server, folder: workspace, path: relative }),
        place: { server, name: '' },
      };
    } catch (error) {
      return { problem: `${server}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  async #registered(server: string, name: string, project: string): Promise<Found> {
    const { cache, argoCDNamespace, connect } = this.#options;
    const all = registrations(cache, argoCDNamespace);
    this.#closeAllBut(new Set(all.map(({ origin }) => origin)));
    const found = all.find((each) => (server === '' ? each.name === name : each.server === server || serverOf(each) === server));
    if (found === undefined || connect === undefined)
      return {
        problem: `there is no destination ${server || name}: this agent knows ${[`${IN_CLUSTER_NAME} (${IN_CLUSTER_SERVER})`, ...all.map((each) => `${each.name} (${withoutUserInfo(serverOf(each))})`)].join(', ')}; clusters are registered by Secrets in ${argoCDNamespace} with the label argocd.argoproj.io/secret-type: cluster`,
      };
    if (found.project !== undefined && found.project !== project)
      return { problem: `the cluster ${found.name} is for the project ${found.project} alone, not for ${project}` };
    if ('problem' in found.access) return { problem: found.access.problem };
    try {
      const { destination, server: address } = await this.#connect(found, found.access.kubeconfig, connect);
      return { destination, place: { server: found.server || address, name: found.name } };
    } catch (error) {
      return { problem: `the cluster ${found.name} cannot be used: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  #connect({ origin, version, ...registration }: Registration, kubeconfig: string, connect: ConnectCluster): Promise<Connected> {
    const known = this.#connected.get(origin);
    if (known?.version === version) return known.link;
    this.#close(origin);
    const link = this.#open({ origin, version, ...registration }, kubeconfig, connect);
    this.#connected.set(origin, { version, link });
    // Tried again with the next look, unless another has taken its place by then.
    link.catch(() => {
      if (this.#connected.get(origin)?.link === link) this.#connected.delete(origin);
    });
    return link;
  }

  async #open({ name, origin }: Registration, kubeconfig: string, connect: ConnectCluster): Promise<Connected> {
    const link = await connect(kubeconfig, origin);
    const ending = new AbortController();
    const close = (): void => {
      ending.abort(new Error(`the registration of the cluster ${name} has changed`));
      link.close();
    };
    const signal = AbortSignal.any([this.#options.signal, ending.signal]);
    const title = `the cluster ${name} (${withoutUserInfo(link.server)})`;
    return { server: link.server, close, destination: this.#cluster(title, link, signal) };
  }

  #cluster(title: string, link: Pick<ClusterLink, 'client' | 'discovery'>, signal: AbortSignal): ClusterDestination {
    const { clock, random, log, changed = () => undefined } = this.#options;
    const objects = new TrackedObjects({
      client: link.client,
      clock,
      random,
      log: log.child({ cluster: title }),
      changed,
      signal,
    });
    return new ClusterDestination({ title, client: link.client, discovery: link.discovery, objects, clock });
  }

  /** Ends what was opened with credentials that nobody registers any more. */
  #closeAllBut(origins: ReadonlySet<string>): void {
    for (const origin of this.#connected.keys()) if (!origins.has(origin)) this.#close(origin);
  }

  #close(origin: string): void {
    void this.#connected.get(origin)?.link.then(
      ({ close }) => close(),
      () => undefined, // What was never open need not be closed; why it was not, whoever asked was told.
    );
    this.#connected.delete(origin);
  }
}

/** The address of a registered cluster, as far as it is known without reaching it. */
function serverOf({ server, access }: Registration): string {
  if (server !== '' || 'problem' in access) return server;
  return /^\s*(?:- )?server:\s*["']?([^\s"']+)/m.exec(access.kubeconfig)?.[1] ?? '';
}

/** Applications whose destination a Secret may register. */
export function concernsDestination(secret: Secret, argoCDNamespace: string): boolean {
  return secret.metadata.namespace === argoCDNamespace && registersCluster(secret);
}

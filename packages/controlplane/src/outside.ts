import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretCredentials } from '@kargo/controllers';
import {
  CloudIdentities,
  findTools,
  realGit,
  realGitHubCommits,
  realPullRequests,
  realHttp,
  realRegistries,
  realRenderer,
  realWorkspaces,
  realCharts,
  type ArtifactRegistries,
  type Charts,
  type Credentials,
  type Git,
  type GitRehearsals,
  type GitHubCommits,
  type PullRequests,
  type Http,
  type Processes,
  type Renderer,
  type Workspaces,
} from '@kargo/integrations';
import type { Client, Clock, Log } from '@kargo/kube';
import { ConfigError, type UpConfig } from './config.ts';
import { installationAt } from './installation.ts';

/** The real outside. */
export interface Outside {
  processes: Processes;
  /** Folders of promotions. */
  workspaces: Workspaces;
  /** Folders in which the GitOps agent renders. */
  renderWorkspaces: Workspaces;
  /** Folders that Applications with `dir://` destinations are written to. */
  deployments: Workspaces;
  /** Throw-away folders of previews. */
  previewWorkspaces: Workspaces;
  git: Git;
  rehearsals: GitRehearsals;
  http: Http;
  pullRequests: PullRequests;
  githubCommits: GitHubCommits;
  registries: ArtifactRegistries;
  charts: Charts;
  renderer: Renderer;
  credentials: Credentials;
  /** Armored GPG key of the system user. */
  gitSigningKey?: string | undefined;
}

/** Programs that the checkout brings along (`npm run tools`). */
const BUNDLED_TOOLS = installationAt(import.meta.dirname).tools;

export interface OutsideOptions {
  config: Pick<
    UpConfig,
    | 'sharedNamespace'
    | 'globalCredentialsNamespaces'
    | 'images'
    | 'cloudEnvironment'
    | 'allowCredentialsOverHTTP'
    | 'gitSigningKeyFile'
    | 'sshHostKeys'
    | 'proxyEnvironment'
    | 'gitopsDirectory'
  >;
  /** Shard of the controller, which sessions of clouds are named after. */
  shard?: string | undefined;
  data: string;
  processes: Processes;
  clock: Clock;
  log: Log;
  client: Client;
  /** The cluster that this process runs in, whose Secrets count after those of `client`. */
  local?: Client | undefined;
}

/** Connects the ports to this machine and the network. Mirrors and workspaces stand on one file system, where checking out is cheapest. */
export async function createOutside({
  config,
  shard,
  data,
  processes,
  clock,
  log,
  client,
  local,
}: OutsideOptions): Promise<Outside> {
  const http = realHttp({ environment: config.proxyEnvironment });
  const registries = realRegistries({
    http,
    clock,
    requestsPerSecond: config.images?.requestsPerSecond,
    cacheSize: config.images?.cacheSize,
  });
  const clouds = new CloudIdentities({
    http,
    metadata: realHttp({ allowLinkLocal: true }),
    clock,
    environment: config.cloudEnvironment ?? {},
    processes,
    shard,
  });
  await readable('SSH_KNOWN_HOSTS_PATH', config.sshHostKeys?.knownHostsFile);
  const git = realGit({
    processes,
    clock,
    directory: join(data, 'mirrors'),
    environment: config.proxyEnvironment,
    http,
    hostKeys: config.sshHostKeys,
  });
  return {
    processes,
    http,
    workspaces: realWorkspaces({ directory: join(data, 'workspaces') }),
    renderWorkspaces: realWorkspaces({ directory: join(data, 'rendering') }),
    deployments: realWorkspaces({ directory: config.gitopsDirectory ?? join(data, 'deployments') }),
    previewWorkspaces: realWorkspaces({ directory: join(data, 'previews') }),
    git,
    rehearsals: git,
    pullRequests: realPullRequests({ http, clock }),
    githubCommits: realGitHubCommits({ http, clock }),
    registries,
    charts: realCharts({ http, clock, registries }),
    renderer: realRenderer({
      processes,
      tools: await findTools({ directories: [BUNDLED_TOOLS] }),
      environment: config.proxyEnvironment,
    }),
    gitSigningKey: await signingKey(config),
    credentials: secretCredentials({
      reader: client,
      local,
      log,
      sharedNamespace: config.sharedNamespace,
      globalNamespaces: config.globalCredentialsNamespaces,
      clouds,
      allowHTTP: config.allowCredentialsOverHTTP,
    }),
  };
}

function signingKey({ gitSigningKeyFile: file }: Pick<UpConfig, 'gitSigningKeyFile'>): Promise<string | undefined> {
  return readable('GITCLIENT_SIGNING_KEY_PATH', file);
}

/** The file that a setting names. */
async function readable(setting: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${setting} names ${file}, which cannot be read; correct or unset it`, { cause: error });
  }
}

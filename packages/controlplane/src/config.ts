import { parseArgs } from 'node:util';
import { ConfigError } from './config-error.ts';
import { servingSettings, durationSetting, type ServingSettings } from './serving/settings.ts';
import { upkeepSettings, type UpkeepSettings } from './upkeep-settings.ts';
import { HOST_KEY_POLICIES, type HostKeyPolicy, INTEGRATION_POLICIES, type IntegrationPolicy } from '@kargo/integrations';

/** Namespace of what belongs to the installation itself, such as the Secrets that the ClusterConfig names. */
export const SYSTEM_NAMESPACE = 'kargo-system-resources';

/** Levels of the log, quietest first. */
export const LOG_LEVELS = ['discard', 'error', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
const LOG_FORMATS = ['console', 'json'] as const;

export const JOB_EXECUTORS = ['auto', 'none', 'local-process', 'sandbox', 'container', 'remote'] as const;
export type JobExecutorChoice = (typeof JOB_EXECUTORS)[number];

/** What may be kept of what tags of images stand for: only where a subscription says that its tags never move, never, always, or the first with a must. */
export const CACHE_BY_TAG_POLICIES = ['Allow', 'Forbid', 'Force', 'Require'] as const;
export type CacheByTagPolicy = (typeof CACHE_BY_TAG_POLICIES)[number];

/** Everything that `kargo up` can be told. */
export interface UpConfig {
  /** Folder that holds all data. */
  data: string;
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Sets the password of the admin account; absent keeps the one there is, or makes one on the first start. */
  adminPassword: string | undefined;
  logLevel: LogLevel;
  logFormat: 'console' | 'json';
  /** Variables about logging whose values are none, for a warning: what is logged must not keep anything from starting. */
  unknownSettings?: readonly string[] | undefined;
  jobExecutor: JobExecutorChoice;
  argoCDNamespace: string;
  /** Folder below which Applications with `dir://` destinations are written. Default: `deployments` in the data folder. */
  gitopsDirectory?: string | undefined;
  sharedNamespace: string;
  /** Further namespaces whose credentials serve all Projects. */
  globalCredentialsNamespaces?: readonly string[] | undefined;
  /** Where clouds tell this process who it is: `AWS_*`, `AZURE_*`, `GCE_METADATA_HOST`, `GOOGLE_*`. */
  cloudEnvironment?: Readonly<Record<string, string | undefined>> | undefined;
  /** How image registries are asked: policy of caching by tag, requests a second for each, images whose metadata is kept. */
  images?:
    | { cacheByTag?: CacheByTagPolicy | undefined; requestsPerSecond?: number | undefined; cacheSize?: number | undefined }
    | undefined;
  gitName: string;
  gitEmail: string;
  /** File with the armored GPG key that commits of the system user are signed with. */
  gitSigningKeyFile?: string | undefined;
  /** How hosts of git over SSH are recognised: `SSH_HOST_KEY_POLICY` and `SSH_KNOWN_HOSTS_PATH`. */
  sshHostKeys?: { policy: HostKeyPolicy; knownHostsFile?: string | undefined } | undefined;
  /** How pushes bring local commits together with new ones of the remote. */
  gitIntegrationPolicy?: IntegrationPolicy | undefined;
  /** Credentials are sent over plain HTTP only if this is set. */
  allowCredentialsOverHTTP: boolean;
  /** Most commits of one github-push, and whether GitHub signs commits that nobody here has signed. */
  githubPush?: { maxRevisions?: number | undefined; verifyUntrusted?: boolean | undefined } | undefined;
  /** Shortest time between two looks of a Warehouse, as a Go duration. */
  minimumInterval: string;
  /** For how long what has happened is kept. */
  upkeep?: UpkeepSettings | undefined;
  /** What metrics of analyses may ask and with what. */
  metrics?: MetricSettings | undefined;
  /** Applications are in an Argo CD that is reached through its own API, not in the API that everything else is in. */
  argoCDServer?: ArgoCDServerSettings | undefined;
  /** Whether the resources of Argo CD and Argo Rollouts are used where the API serves them. Default: yes. */
  integrations?: { argoCD?: boolean | undefined; rollouts?: boolean | undefined } | undefined;
  /** Label of AnalysisRuns by which one of several analysis controllers is meant: runs made here carry it, and only those are carried out here. */
  rolloutsInstanceId?: string | undefined;
  /** Bytes of an artifact that may be copied between repositories: 0 forbids it, a negative number allows all. Absent: the step's own limit. */
  maxOCIPushArtifactSize?: number | undefined;
  /** Proxies for what goes out over HTTP: `http_proxy`, `https_proxy`, `no_proxy`. */
  proxyEnvironment?: Readonly<Record<string, string>> | undefined;
  /** How the REST API is served. */
  serving?: ServingSettings | undefined;
  /** Files of a certificate that takes the place of the one that is made: `TLS_CERT_PATH` and `TLS_KEY_PATH`. */
  tlsFiles?: { cert: string; key: string } | undefined;
  /** How long tokens of the administrator are valid, in milliseconds: `ADMIN_ACCOUNT_TOKEN_TTL`. */
  adminTokenTTL?: number | undefined;
  /** The URL below which webhook senders reach this installation. Default: `/webhooks` below the address of this process, if it has one. */
  receiverBaseURL?: string | undefined;
  /** Whether controllers run in this process. Default true. */
  controllers?: boolean | undefined;
}

/** Settings of metric providers, by environment variables alone: their own names where they have some. */
export interface MetricSettings {
  /** Addresses and credentials: `DD_*`, `AWS_*`, `ARGO_ROLLOUTS_PROMETHEUS_ADDRESS`. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Globs of host names: `KARGO_METRIC_HOSTS_ALLOW` and `KARGO_METRIC_HOSTS_DENY`, separated by commas. */
  egress: { allow?: readonly string[] | undefined; deny?: readonly string[] | undefined };
}

/** How an Argo CD API server is reached, by the environment variables that Argo CD's own command line knows. */
export interface ArgoCDServerSettings {
  /** With scheme. */
  server: string;
  /** A secret. */
  token: string;
  project?: string | undefined;
  insecure: boolean;
  /** File with the authorities (PEM) that may have signed its certificate. */
  caFile?: string | undefined;
}

export const UP_HELP = `Start Kargo in this process: API, controllers, analysis, GitOps agent and store.

Usage:
  kargo up [flags]

Flags:
      --data DIR                  Folder for all data (default "./kargo-data")
      --listen HOST:PORT          Address to listen on (default "127.0.0.1:8080")
      --admin-password PASSWORD   Password of the admin account; without it the first start makes one and prints it once.
                                  The environment variable KARGO_ADMIN_PASSWORD does the same without showing it to other users
      --job-executor KIND         What runs the Jobs of verifications: auto (a container engine, if there is one), container,
                                  sandbox (commands run on this machine behind bubblewrap, images are ignored), local-process
                                  (the same without walls), remote (another cluster, see below), none (default "auto")
      --argocd-namespace NAME     Namespace of Argo CD Applications (default "argocd")
      --gitops-directory DIR      Folder below which Applications are written whose destination is dir://NAME (default: deployments
                                  in the data folder)
      --shared-namespace NAME     Namespace of resources shared by all Projects (default "kargo-shared-resources")
      --no-controllers            Serve the APIs only; kargo controller runs the controllers in another process
      --git-name NAME             Author of commits (default "Kargo")
      --git-email ADDRESS         E-mail address of the author (default "no-reply@kargo.io")
      --minimum-interval DURATION Shortest time between two looks of a Warehouse (default "0s")
      --allow-credentials-over-http
                                  Send credentials over plain HTTP
      --log-level LEVEL           discard, error, info or debug (default "info")
      --log-format FORMAT         console or json (default "console")
  -h, --help                      Show this help

Environment:
  GIT_PUSH_INTEGRATION_POLICY     How pushes take in new commits of the remote: AlwaysRebase (the default), RebaseOrMerge,
                                  RebaseOrFail or AlwaysMerge
  SSH_HOST_KEY_POLICY             Whether hosts of git over SSH that nobody has named are trusted: TrustOnFirstUse (the default: with
                                  the key they show first, and no other one later), Strict (no) or Off (whatever they show)
  SSH_KNOWN_HOSTS_PATH            File with the keys of hosts, as in known_hosts of OpenSSH
  CACHE_BY_TAG_POLICY             Whether what tags of images stand for is kept: Allow (the default: where cacheByTag is set),
                                  Forbid, Require (every subscription must set it) or Force
  IMAGE_REGISTRY_RATE_LIMIT       Requests a second to each image registry (default 20)
  MAX_IMAGE_CACHE_ENTRIES         Images whose metadata is kept (default 100000)
  MAX_RETAINED_PROMOTIONS, MIN_PROMOTION_DELETION_AGE
                                  Promotions that are kept of each Stage however old they are (default 20), and the age before
                                  which none is deleted (default 336h)
  MAX_RETAINED_FREIGHT, MIN_FREIGHT_DELETION_AGE
                                  The same of Freight of each Warehouse
  EVENT_TTL                       How long Events are kept (default 1h)
  GLOBAL_CREDENTIALS_NAMESPACES   Further namespaces whose credentials serve all Projects, separated by commas
  GITCLIENT_SIGNING_KEY_PATH      File with the GPG or SSH key that commits are signed with
  EXTERNAL_WEBHOOK_SERVER_BASE_URL
                                  URL below which senders reach webhook receivers (default: /webhooks at this address)
  ARGOCD_SERVER, ARGOCD_AUTH_TOKEN
                                  Argo CD API server that Applications are in, and the token for it. ARGOCD_PROJECT names
                                  the project of the token; ARGOCD_SERVER_CA_FILE the file with the authority that signed its
                                  certificate; ARGOCD_SERVER_INSECURE=true trusts any certificate
  ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG
                                  Kubeconfig of another cluster in which Jobs of verifications run, in their own namespace or in
                                  that of ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE
  KARGO_SANDBOX_NETWORK           Whether Jobs in the sandbox reach the network: host (the default) or none
  ROLLOUTS_CONTROLLER_INSTANCE_ID Instance id of the analysis controller that AnalysisRuns are for
  OIDC_ISSUER_URL, OIDC_CLIENT_ID Identity provider of people, and the client there; docs/access-control.md has all of OIDC_*
  TLS_CERT_PATH, TLS_KEY_PATH     Certificate to present instead of one that is made; TLS_ENABLED=true allows nothing but TLS
  API_BASE_PATH                   Path that everything is served below, such as /kargo
  METRICS_BIND_ADDRESS            Address to serve metrics at without a token, such as 127.0.0.1:9090
  RATE_LIMIT_PER_SECOND           Requests that are taken of one caller in the long run (default 500; 0 takes any number)
  OTEL_EXPORTER_OTLP_ENDPOINT     Collector that traces of freight are sent to; docs/observability.md says more
`;

/** A password that is given and empty would let everybody in who leaves it empty; a variable that is empty says nothing, as everywhere. */
function adminPassword(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (flag === '') throw new ConfigError('--admin-password must not be empty: leave it away to have one made');
  return flag ?? (env['KARGO_ADMIN_PASSWORD'] || undefined);
}

/** Reads the flags of `kargo up`. Nothing if help was asked for. Throws {@link ConfigError} with what is allowed. */
export function parseUpConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): UpConfig | undefined {
  const values = readFlags(args);
  if (values.help === true) return undefined;
  const { host, port } = parseListen(values.listen ?? '127.0.0.1:8080');
  return {
    data: values.data ?? './kargo-data',
    host,
    port,
    adminPassword: adminPassword(values['admin-password'], env),
    logLevel: oneOf('--log-level', values['log-level'] ?? levelOf(env) ?? 'info', LOG_LEVELS),
    logFormat: oneOf('--log-format', values['log-format'] ?? formatOf(env) ?? 'console', LOG_FORMATS),
    unknownSettings: unknownSettings(env),
    jobExecutor: oneOf('--job-executor', values['job-executor'] ?? 'auto', JOB_EXECUTORS),
    argoCDNamespace: values['argocd-namespace'] ?? (env['ARGOCD_NAMESPACE'] || 'argocd'),
    gitopsDirectory: values['gitops-directory'],
    sharedNamespace: values['shared-namespace'] ?? (env['SHARED_RESOURCES_NAMESPACE'] || 'kargo-shared-resources'),
    globalCredentialsNamespaces: listOf(env['GLOBAL_CREDENTIALS_NAMESPACES']),
    cloudEnvironment: Object.fromEntries(
      Object.entries(env).filter(([name]) => /^(AWS|AZURE|GOOGLE)_/.test(name) || name === 'GCE_METADATA_HOST'),
    ),
    images: {
      cacheByTag: oneOf('CACHE_BY_TAG_POLICY', env['CACHE_BY_TAG_POLICY'] ?? 'Allow', CACHE_BY_TAG_POLICIES),
      requestsPerSecond: positive('IMAGE_REGISTRY_RATE_LIMIT', env),
      cacheSize: positive('MAX_IMAGE_CACHE_ENTRIES', env),
    },
    gitName: values['git-name'] ?? env['GITCLIENT_NAME'] ?? 'Kargo',
    gitEmail: values['git-email'] ?? env['GITCLIENT_EMAIL'] ?? 'no-reply@kargo.io',
    gitSigningKeyFile: signingKeyFile(env),
    sshHostKeys: {
      policy: oneOf('SSH_HOST_KEY_POLICY', env['SSH_HOST_KEY_POLICY'] ?? 'TrustOnFirstUse', HOST_KEY_POLICIES),
      knownHostsFile: env['SSH_KNOWN_HOSTS_PATH'] || undefined,
    },
    gitIntegrationPolicy: oneOf(
      'GIT_PUSH_INTEGRATION_POLICY',
      env['GIT_PUSH_INTEGRATION_POLICY'] ?? 'AlwaysRebase',
      INTEGRATION_POLICIES,
    ),
    allowCredentialsOverHTTP: values['allow-credentials-over-http'] === true || env['ALLOW_CREDENTIALS_OVER_HTTP'] === 'true',
    githubPush: {
      maxRevisions: positive('GITHUB_PUSH_MAX_REVISIONS', env),
      verifyUntrusted: env['GITHUB_PUSH_VERIFY_UNTRUSTED_COMMITS'] === 'true',
    },
    minimumInterval: values['minimum-interval'] ?? (env['MIN_WAREHOUSE_RECONCILIATION_INTERVAL'] || '0s'),
    upkeep: upkeepSettings(env),
    metrics: {
      environment: Object.fromEntries(
        Object.entries(env).filter(([name]) => /^(DD|AWS)_/.test(name) || name === 'ARGO_ROLLOUTS_PROMETHEUS_ADDRESS'),
      ),
      egress: { allow: listOf(env['KARGO_METRIC_HOSTS_ALLOW']), deny: listOf(env['KARGO_METRIC_HOSTS_DENY']) },
    },
    argoCDServer: argoCDServerOf(env),
    integrations: {
      argoCD: env['ARGOCD_INTEGRATION_ENABLED'] !== 'false',
      rollouts: env['ROLLOUTS_INTEGRATION_ENABLED'] !== 'false',
    },
    rolloutsInstanceId: env['ROLLOUTS_CONTROLLER_INSTANCE_ID'] || undefined,
    maxOCIPushArtifactSize: wholeNumber('MAX_OCI_PUSH_ARTIFACT_SIZE', env['MAX_OCI_PUSH_ARTIFACT_SIZE']),
    proxyEnvironment: proxiesOf(env),
    serving: servingSettings(env),
    tlsFiles: tlsFiles(env),
    adminTokenTTL: durationSetting('ADMIN_ACCOUNT_TOKEN_TTL', env['ADMIN_ACCOUNT_TOKEN_TTL']),
    receiverBaseURL: receiverBaseURL(env),
    controllers: values['no-controllers'] !== true,
  };
}

/** `trace` is as much as there is; a value that is none is as good as nothing. */
function levelOf(env: Readonly<Record<string, string | undefined>>): LogLevel | undefined {
  const text = env['LOG_LEVEL']?.toLowerCase();
  return text === 'trace' ? 'debug' : LOG_LEVELS.find((level) => level === text);
}

function formatOf(env: Readonly<Record<string, string | undefined>>): 'console' | 'json' | undefined {
  return LOG_FORMATS.find((format) => format === env['LOG_FORMAT']?.toLowerCase());
}

function unknownSettings(env: Readonly<Record<string, string | undefined>>): string[] {
  const out: string[] = [];
  if ((env['LOG_LEVEL'] ?? '') !== '' && levelOf(env) === undefined)
    out.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')} or trace; found ${JSON.stringify(env['LOG_LEVEL'])}`);
  if ((env['LOG_FORMAT'] ?? '') !== '' && formatOf(env) === undefined)
    out.push(`LOG_FORMAT must be one of ${LOG_FORMATS.join(', ')}; found ${JSON.stringify(env['LOG_FORMAT'])}`);
  return out;
}

function receiverBaseURL(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const text = env['EXTERNAL_WEBHOOK_SERVER_BASE_URL'] ?? '';
  if (text === '') return undefined;
  if (!/^https?:\/\/[^/?#]+[^?#]*$/i.test(text))
    throw new ConfigError(
      `EXTERNAL_WEBHOOK_SERVER_BASE_URL must be a URL such as https://kargo.example.com/webhooks; found ${JSON.stringify(text)}`,
    );
  return text;
}

function argoCDServerOf(env: Readonly<Record<string, string | undefined>>): ArgoCDServerSettings | undefined {
  const { ARGOCD_SERVER: server = '', ARGOCD_AUTH_TOKEN: token = '', ARGOCD_PROJECT: project } = env;
  if (server === '') return undefined;
  if (token === '')
    throw new ConfigError('ARGOCD_SERVER is set, but ARGOCD_AUTH_TOKEN is not: it must hold the token to use there');
  const address = server.includes('://') ? server : `https://${server}`;
  if (!URL.canParse(address) || !/^https?:/.test(address))
    throw new ConfigError(`ARGOCD_SERVER must be the address of an Argo CD API server; found ${JSON.stringify(server)}`);
  const caFile = env['ARGOCD_SERVER_CA_FILE'] || undefined;
  const insecure = env['ARGOCD_SERVER_INSECURE'] === 'true';
  if (insecure && caFile !== undefined)
    throw new ConfigError(
      'ARGOCD_SERVER_INSECURE and ARGOCD_SERVER_CA_FILE are both set: with the first, nobody looks who has signed',
    );
  return { server: address, token, project: project || undefined, insecure, ...(caFile === undefined ? {} : { caFile }) };
}

function listOf(text: string | undefined): string[] | undefined {
  return text === undefined ? undefined : text.split(',').flatMap((item) => item.trim() || []);
}

const string = { type: 'string' } as const;
const FLAGS = {
  data: string,
  listen: string,
  'admin-password': string,
  'job-executor': string,
  'argocd-namespace': string,
  'gitops-directory': string,
  'shared-namespace': string,
  'git-name': string,
  'git-email': string,
  'minimum-interval': string,
  'allow-credentials-over-http': { type: 'boolean' },
  'no-controllers': { type: 'boolean' },
  'log-level': string,
  'log-format': string,
  help: { type: 'boolean', short: 'h' },
} as const;

type Flags = Partial<Record<Exclude<keyof typeof FLAGS, 'help' | 'allow-credentials-over-http' | 'no-controllers'>, string>> & {
  help?: boolean;
  'allow-credentials-over-http'?: boolean;
  'no-controllers'?: boolean;
};

function readFlags(args: readonly string[]): Flags {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values as Flags;
  } catch (error) {
    throw new ConfigError(
      `${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)} (kargo up --help lists the flags)`,
      { cause: error },
    );
  }
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw new ConfigError(`${name} must be a whole number of bytes; found ${JSON.stringify(text)}`);
  return Number(text);
}

/** Lower case goes before upper case, as in most programs. */
function proxiesOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name] ?? env[name.toUpperCase()] ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );
}

/** Reads `HOST:PORT`. Throws {@link ConfigError}. */
export function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535)
    throw new ConfigError(`--listen must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:0; found ${JSON.stringify(text)}`);
  const host = match[1] ?? match[2] ?? '';
  return { host: host === '' ? '0.0.0.0' : host, port };
}

function positive(name: string, env: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = env[name] ?? '';
  if (text === '') return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new ConfigError(`${name} must be a positive number; found ${JSON.stringify(text)}`);
  return Number(text);
}

/** Only GPG keys are used; a key of another type is as good as none. */
function signingKeyFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { GITCLIENT_SIGNING_KEY_TYPE: type = '', GITCLIENT_SIGNING_KEY_PATH: path = '' } = env;
  return path !== '' && (type === '' || type === 'gpg' || type === 'ssh') ? path : undefined;
}

function oneOf<const V extends readonly string[]>(flag: string, value: string, allowed: V): V[number] {
  if (allowed.includes(value)) return value;
  throw new ConfigError(`${flag} must be one of ${allowed.join(', ')}; found ${JSON.stringify(value)}`);
}

/** The files of a given certificate. */
export function tlsFiles(env: Readonly<Record<string, string | undefined>>): { cert: string; key: string } | undefined {
  const { TLS_CERT_PATH: cert = '', TLS_KEY_PATH: key = '' } = env;
  if (cert === '' && key === '') return undefined;
  if (cert === '' || key === '') throw new ConfigError('TLS needs both TLS_CERT_PATH and TLS_KEY_PATH; set both, or neither');
  return { cert, key };
}

export { ConfigError } from './config-error.ts';

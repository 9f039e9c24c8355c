import type { Kind } from '@kargo/api';
import type { JobLogReader } from '@kargo/analysis';
import type { CredentialsPlaces, WaitsOf } from '@kargo/controllers';
import type { PromotionPreviewer, StepLogs } from '@kargo/promotion';
import type { Authorizer, Client, Clock, Fetch, Log, Random, UserInfo } from '@kargo/kube';
import type { RunLogSource } from './analysis/run-log-source.ts';
import type { AuditTrail } from './audit/audit-trail.ts';
import type { OidcOptions } from './auth/oidc.ts';
import type { CliPackage } from './routes/downloads.ts';
import type { CorsOptions } from './http/cors.ts';
import type { RateLimitOptions } from './http/rate-limit.ts';

/** How people prove who they are. Without a password hash the administrator cannot sign in. */
export interface AuthOptions {
  /** bcrypt hash of the administrator's password. */
  adminPasswordHash?: string | undefined;
  /** Key that signs the administrator's tokens; a secret. Required with a password hash. */
  tokenSigningKey?: string | undefined;
  /** How long the administrator's tokens are valid, in milliseconds. Default 24 hours. */
  ttl?: number | undefined;
  /** Issuer and audience of the administrator's tokens. Default `kargo`. */
  issuer?: string | undefined;
  audience?: string | undefined;
  /** Whose token this is, as the Kubernetes API sees it; undefined for a token it does not accept. Throws when it cannot be asked. */
  reviewToken?: ((token: string, signal?: AbortSignal) => Promise<UserInfo | undefined>) | undefined;
  /** The identity provider of people. */
  oidc?: OidcOptions | undefined;
  /** Namespaces besides the control plane's own whose ServiceAccounts stand for people in every Project. */
  globalServiceAccountNamespaces?: readonly string[] | undefined;
  /** No authentication: whoever reaches the server may do everything. */
  skip?: boolean | undefined;
}

export interface ServerVersion {
  version: string;
  buildDate: string;
  gitCommit: string;
  gitTreeDirty: boolean;
}

export interface RestServerOptions {
  /** A client that acts as `user`. */
  client: (user: UserInfo) => Client;
  /** The server's own client; it also acts for the administrator. */
  privileged: Client;
  auth: AuthOptions;
  clock: Clock;
  random: Random;
  log: Log;
  /** What Kubernetes users may do. Without one they may do nothing; the administrator may do everything. */
  authorizer?: Authorizer | undefined;
  /** Kinds that manifests may have. Default: all kinds of the resource model. */
  kinds?: readonly Kind[] | undefined;
  /** How credentials are found, as far as it is not about the shared namespace. */
  credentials?: Omit<CredentialsPlaces, 'sharedNamespace'> | undefined;
  /** Whether Secrets can be written. Default true. */
  secretManagement?: boolean | undefined;
  /** Whether there is something that runs analyses. Default true. */
  analysis?: boolean | undefined;
  /** Asked for once somebody wants to know. */
  version?: (() => Promise<ServerVersion>) | undefined;
  /** Path that everything is served below, such as `/kargo`; see {@link normalBasePath}. Default: none. */
  basePath?: string | undefined;
  /** Folder of the built web UI; without it the server has none. */
  dashboard?: string | undefined;
  /** The command line as one file, for people to install from this server. Without it there is none to be had here. */
  cliPackage?: CliPackage | undefined;
  /** What unfinished objects wait for, if the controllers run in this process. */
  waitsOf?: WaitsOf | undefined;
  /** Makes previews of promotions. Without it there are none. */
  preview?: PromotionPreviewer | undefined;
  /** Argo CD by shard; the default one has the empty name. */
  argocdShards?: Readonly<Record<string, { url: string; namespace: string }>> | undefined;
  /** Name of the controller in this process, which is alive as long as the server is; empty for the unnamed one. */
  builtInController?: string | undefined;
  defaultController?: string | undefined;
  namespaces?: { kargo?: string; system?: string; shared?: string } | undefined;
  /** How the server reaches the identity provider and logs that are elsewhere. Required with them. */
  fetch?: Fetch | undefined;
  /** Pages of other origins that may call the API. Default: none. */
  cors?: CorsOptions | undefined;
  /** Requests that are taken of one caller; `false`: any number. Default 500 per second, 1,000 at once. */
  rateLimit?: RateLimitOptions | false | undefined;
  /** Proxies whose word about the address of callers is taken, as addresses or ranges. Default: nobody's. */
  trustedProxies?: readonly string[] | undefined;
  /** Whether callers come by TLS alone: browsers are told to remember. */
  tlsOnly?: boolean | undefined;
  /** Names that callers reach a server without authentication by. Default: those of this machine for itself. */
  localHosts?: readonly string[] | undefined;
  /** Where it is written down who did what. Default: the last 10,000 entries, in memory. */
  audit?: AuditTrail | undefined;
  /** What is measured. */
  metrics?: RestMetrics | undefined;
  /** What still keeps the control plane from being ready, for people. Default: nothing. */
  notReady?: (() => readonly string[]) | undefined;
  /** Output of the Jobs of analyses. */
  jobLogs?: JobLogReader | undefined;
  /** Where those are instead, if another system keeps them. */
  runLogs?: RunLogSource | undefined;
  /** Logs of the steps of promotions. */
  stepLogs?: StepLogs | undefined;
  /** Names of the events that this process has told, where others in it tell of the same things. Default: of its own. */
  toldEvents?: Set<string> | undefined;
}

/** What this server measures of itself. Called often; must be cheap. */
export interface RestMetrics {
  /** A request was answered. `route` is the pattern of its path, of which there are few. */
  answered(route: string, method: string, status: number, ms: number): void;
  /** How many streams are open. */
  streams(open: number): void;
  /** Everything measured, as Prometheus reads it. */
  exposition(): Promise<{ contentType: string; text: string }>;
}

type Unfilled =
  | 'cliPackage'
  | 'authorizer'
  | 'builtInController'
  | 'dashboard'
  | 'preview'
  | 'fetch'
  | 'metrics'
  | 'jobLogs'
  | 'runLogs'
  | 'stepLogs'
  | 'toldEvents';
type Filled = Omit<RestServerOptions, Unfilled | 'namespaces' | 'rateLimit'>;

/** Options with defaults filled in. */
export type RestServerConfig = { [K in keyof Filled]-?: NonNullable<Filled[K]> } & {
  [K in Unfilled]: RestServerOptions[K];
} & {
  rateLimit: RateLimitOptions | false;
  namespaces: { kargo: string; system: string; shared: string };
};

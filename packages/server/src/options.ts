import type { Kind } from '@kargo/api';
import type { WaitsOf } from '@kargo/controllers';
import type { PromotionPreviewer } from '@kargo/promotion';
import type { Authorizer, Client, Clock, Log, Random, UserInfo } from '@kargo/kube';

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
  /** Whether Secrets can be written. Default true. */
  secretManagement?: boolean | undefined;
  /** Whether there is something that runs analyses. Default true. */
  analysis?: boolean | undefined;
  version?: ServerVersion | undefined;
  /** Folder of the built web UI; without it the server has none. */
  dashboard?: string | undefined;
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
}

type Filled = Omit<RestServerOptions, 'authorizer' | 'builtInController' | 'dashboard' | 'preview' | 'namespaces'>;

/** Options with defaults filled in. */
export type RestServerConfig = { [K in keyof Filled]-?: NonNullable<Filled[K]> } & {
  authorizer: Authorizer | undefined;
  builtInController: string | undefined;
  dashboard: string | undefined;
  preview: PromotionPreviewer | undefined;
  namespaces: { kargo: string; system: string; shared: string };
};

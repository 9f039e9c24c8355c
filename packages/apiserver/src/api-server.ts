import type { RequestListener } from 'node:http';
import { apiVersionOf, Namespace, type Kind } from '@kargo/api';
import {
  silentLog,
  timestamp,
  type AdmissionRules,
  type Authorizer,
  type Client,
  type Clock,
  type Log,
  type Random,
  type UserInfo,
  type WebhookCaller,
} from '@kargo/kube';
import { escalationRules } from './auth/escalation.ts';
import { Grants } from './auth/grants.ts';
import { rbacAuthorizer } from './auth/rbac-authorizer.ts';
import { ServiceAccountTokens } from './auth/service-account-tokens.ts';
import { EventExpiry } from './background/event-expiry.ts';
import { GarbageCollector } from './background/garbage-collector.ts';
import { NamespaceController } from './background/namespace-controller.ts';
import { RoleAggregator } from './background/role-aggregator.ts';
import { TokenSecrets } from './background/token-secrets.ts';
import { EmbeddedClient } from './client.ts';
import { DefinitionController } from './crds/definition-controller.ts';
import { requestHandler, type Authenticate } from './http/handler.ts';
import { Serializer } from './object/serializer.ts';
import { Admission } from './registry/admission.ts';
import { CommitSignal } from './registry/commit-signal.ts';
import { KindIndex } from './registry/kind-index.ts';
import { CONTENT_FINALIZER, NAMESPACES, SYSTEM_NAMESPACES } from './registry/namespaces.ts';
import { Reads } from './registry/reads.ts';
import { Registry } from './registry/registry.ts';
import { validationContext } from './schema/context.ts';
import { schemaCache } from './schema/schemas.ts';
import { SEALED_RESOURCES } from './store/check-database.ts';
import type { SealingKey } from './store/sealing.ts';
import { migrateStored, type Migration } from './migration/migrate-stored.ts';
import { memoryJournal } from './store/journal.ts';
import { LogStore } from './store/log-store.ts';
import { sqliteJournal, type Durability } from './store/sqlite-journal.ts';
import type { Store } from './store/store.ts';
import { WebhookAdmission, type ServiceAddress } from './webhooks/webhook-admission.ts';

export interface ApiServerOptions {
  /** The database file; created when missing. `:memory:` keeps nothing. */
  path: string;
  kinds: readonly Kind[];
  clock: Clock;
  random: Random;
  log?: Log | undefined;
  admission?: readonly AdmissionRules[] | undefined;
  /** Default `full`: a write is on disk when it is answered. */
  durability?: Durability | undefined;
  /** Who sends an HTTP request, where that is not a ServiceAccount with its token. Without it only those are let in. */
  authenticate?: Authenticate | undefined;
  /** Whose token this is, for reviews of tokens that are not a ServiceAccount's. */
  tokenUser?: ((token: string) => UserInfo | undefined | Promise<UserInfo | undefined>) | undefined;
  /** Who may do what over HTTP. Default: what the Roles, ClusterRoles and bindings say; members of `system:masters` everything. */
  authorizer?: Authorizer | undefined;
  /** PEM of the P-256 key that signs tokens of ServiceAccounts. Without it they are valid until this process ends. */
  tokenKey?: string | undefined;
  /** PEM of what clients of the API trust; it goes into Secrets with tokens. */
  certificate?: string | undefined;
  /** The first key encrypts Secrets in the database; the others are for reading what older keys encrypted. Without keys they are not encrypted. */
  sealingKeys?: readonly SealingKey[] | undefined;
  /** Largest size of the database in bytes; writes beyond are refused, as on a full disk. */
  maxBytes?: number | undefined;
  /** What stored objects went through since older versions, oldest first. */
  migrations?: readonly Migration[] | undefined;
  /** How webhooks that users configure are called. Without it none is. */
  webhooks?: { call: WebhookCaller; serviceAddress?: ServiceAddress | undefined } | undefined;
  /** How many changes of a kind a watch can be behind. Default 4,000. */
  historyLimit?: number | undefined;
  /** How long Events are kept after their last change, in milliseconds. Default an hour. */
  eventTTL?: number | undefined;
}

/** The embedded Kubernetes API. */
export interface ApiServer {
  /** A client in this process. The default user may do everything. */
  client(user?: UserInfo): Client;
  /** Speaks the Kubernetes wire protocol; give it to `http.createServer`, or call it for paths below `/api`, `/apis` and `/openapi`. */
  readonly handler: RequestListener;
  /** Who may do what: what `handler` decides by. */
  readonly authorizer: Authorizer;
  /** Whose token this is: a ServiceAccount's, or what `tokenUser` says. Undefined for one that is not valid. */
  reviewToken(token: string): Promise<UserInfo | undefined>;
  /** Puts other admission rules in force for the writes that follow. */
  setAdmission(rules: readonly AdmissionRules[]): void;
  /** Forgets history before now: watches from older versions end with `Expired`. */
  compact(): void;
  /** Sends a bookmark to every watch that asked for them. */
  sendBookmarks(): void;
  /** Writes a consistent copy of the database to a file (0600), while writes go on. */
  backup(file: string): Promise<void>;
  /**
   * Encrypts Secrets with the first of these keys from now on. When it resolves, all that are stored are encrypted with it, and the others
   * are not needed any more. Writes go on meanwhile.
   */
  rotateKeys(keys: readonly SealingKey[]): Promise<void>;
  /** Waits for pending writes and releases the files. */
  close(): Promise<void>;
}

/** The version of Kubernetes whose API is spoken, marked as distributions mark theirs. */
const KUBERNETES_VERSION = 'v1.32.0+kargo';

/** The user in whose name the control plane itself acts. */
export const SYSTEM_ADMIN: UserInfo = { username: 'system:admin', groups: ['system:masters', 'system:authenticated'] };

/** Opens the embedded API. Fails when the database cannot be opened. */
export function openApiServer(options: ApiServerOptions): ApiServer {
  const { clock, random, log = silentLog } = options;
  const texts = new Serializer();
  const journal =
    options.path === ':memory:'
      ? memoryJournal()
      : sqliteJournal(options.path, {
          durability: options.durability ?? 'full',
          keys: options.sealingKeys,
          sealed: SEALED_RESOURCES,
          maxBytes: options.maxBytes,
          textOf: (object) => texts.text(object),
        });
  const store = new LogStore(journal, {
    historyLimit: options.historyLimit,
    onHealth: (error) => {
      if (error === undefined) log.info({}, 'writes are stored again');
      else
        log.error({ error: error instanceof Error ? error.message : String(error) }, 'writes cannot be stored and are refused');
    },
    onCompactionFailure: (error) => log.warn({ error }, 'compaction of the store failed and will be tried again'),
  });
  const kinds = new KindIndex(options.kinds);
  const grants = new Grants(store);
  const rbac = rbacAuthorizer(grants);
  const authorizer = options.authorizer ?? rbac;
  const tokens = new ServiceAccountTokens({ store, clock, random, key: options.tokenKey });
  const tokenUser = async (token: string): Promise<UserInfo | undefined> => options.tokenUser?.(token);
  const builtIn = options.authorizer === undefined ? escalationRules(rbac, grants) : [];
  const webhooks = new WebhookAdmission({
    store,
    call: options.webhooks?.call,
    serviceAddress: options.webhooks?.serviceAddress,
    random,
    log,
    versionsOf: (kind) => kinds.versionsOf(kind),
  });
  const admission = new Admission(options.admission ?? [], log, { builtIn, webhooks });
  const schemaOf = schemaCache(validationContext());
  const reads = new Reads(store, new CommitSignal(store));
  const registry = new Registry(kinds, reads, { store, admission, schemaOf, clock, random });
  migrateStored(store, kinds.all(), { schemaOf, migrations: options.migrations ?? [], log });
  ensureSystemNamespaces(store, clock, random);
  void store.flush();
  const definitions = new DefinitionController(store, registry, clock, log, schemaOf);
  const collector = new GarbageCollector(store, registry, clock, log);
  const namespaces = new NamespaceController(store, registry, clock, log);
  const expiry = new EventExpiry(store, registry, clock, log, options.eventTTL);
  const aggregator = new RoleAggregator(store, registry, clock, log);
  const secrets = new TokenSecrets(store, registry, clock, log, { tokens, certificate: options.certificate });
  const background = [definitions, collector, namespaces, expiry, aggregator, secrets];
  return {
    client: (user = SYSTEM_ADMIN) => new EmbeddedClient(registry, user),
    handler: requestHandler({
      registry,
      authenticate: options.authenticate ?? (() => undefined),
      authorizer,
      rulesFor: options.authorizer === undefined ? rbac.rulesFor : undefined,
      tokens,
      tokenUser,
      clock,
      log,
      texts,
      sendBookmarks: () => {
        reads.announce();
      },
      version: KUBERNETES_VERSION,
    }),
    authorizer,
    reviewToken: async (token) => tokens.verify(token)?.user ?? (await tokenUser(token)),
    setAdmission: (rules) => {
      admission.replace(rules);
    },
    compact: () => {
      store.compact();
    },
    sendBookmarks: () => {
      reads.announce();
    },
    backup: (file) => store.copyTo(file),
    rotateKeys: (keys) => store.rotateKeys(keys),
    close: async () => {
      await Promise.all(background.map((worker) => worker.close()));
      grants.close();
      webhooks.close();
      await store.close();
    },
  };
}

function ensureSystemNamespaces(store: Store, clock: Clock, random: Random): void {
  for (const name of SYSTEM_NAMESPACES) {
    const key = { name };
    if (store.get(NAMESPACES, key) !== undefined) continue;
    const object: Namespace = {
      apiVersion: apiVersionOf(Namespace),
      kind: Namespace.kind,
      metadata: {
        name,
        uid: random.uuid(),
        creationTimestamp: timestamp(clock.now()),
        labels: { 'kubernetes.io/metadata.name': name },
      },
      spec: { finalizers: [CONTENT_FINALIZER] },
      status: { phase: 'Active' },
    };
    // Nobody waits for these; a medium that fails here fails the first write of a caller too, and tells that caller.
    store.write({ resource: NAMESPACES, key, expect: undefined, object }).catch(() => undefined);
  }
}

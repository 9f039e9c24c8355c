import {
  annotations,
  CLUSTER_CONFIG_NAME,
  ClusterConfig,
  conditionTypes,
  isReason,
  keyOf,
  ProjectConfig,
  receiverBasePath,
  receiverPath,
  receiverURL,
  removeCondition,
  Secret,
  setCondition,
  type Condition,
  type Kind,
  type WebhookReceiver,
} from '@kargo/api';
import {
  clone,
  commitStatus,
  retryOnConflict,
  source,
  timestamp,
  settled,
  waiting,
  type Client,
  type Clock,
  type ControllerOptions,
  type Random,
  type Request,
  type Result,
} from '@kargo/kube';
import { receiverSecretValues, ReceiverError, typedReceiver } from './receiver-secret.ts';

/** Secrets are not watched: their changes are noticed after this many milliseconds, or by a refresh. */
export const CONFIG_POLL = 5 * 60_000;

export interface ReceiverConfigDeps {
  client: Client;
  clock: Clock;
  random: Random;
  /** The URL below which receivers can be reached from outside; undefined where nobody said. */
  baseURL: () => Promise<string | undefined>;
  /** Namespace of the Secrets of the cluster's receivers. */
  systemNamespace: string;
}

type Config = ProjectConfig | ClusterConfig;
type Published = { name?: string | undefined; path?: string | undefined; url?: string | undefined };

/** The controller that publishes where the receivers of Projects listen. */
export function projectConfigController(deps: ReceiverConfigDeps): ControllerOptions {
  return controller(deps, ProjectConfig as Kind<Config>, 'project-config');
}

/** The same for the receivers of the cluster. */
export function clusterConfigController(deps: ReceiverConfigDeps): ControllerOptions {
  return { ...controller(deps, ClusterConfig as Kind<Config>, 'cluster-config'), workers: 1 };
}

function controller(deps: ReceiverConfigDeps, kind: Kind<Config>, name: string): ControllerOptions {
  const { clock, random } = deps;
  return {
    name,
    for: kind as Kind<ProjectConfig>,
    sources: [
      source(kind as Kind<ProjectConfig>, ({ object, old }) => {
        if (object === undefined) return [];
        const isNews =
          old === undefined ||
          object.metadata.generation !== old.metadata.generation ||
          object.metadata.annotations?.[annotations.refresh] !== old.metadata.annotations?.[annotations.refresh];
        return isNews ? [keyOf(object)] : [];
      }),
    ],
    reconciler: {
      reconcile: (request, { signal }) => retryOnConflict(() => reconcile(deps, kind, request), { clock, random, signal }),
    },
  };
}

async function reconcile(deps: ReceiverConfigDeps, kind: Kind<Config>, key: Request): Promise<Result> {
  const { client, clock } = deps;
  const config = await find(client, kind, key);
  if (config === undefined || config.metadata.deletionTimestamp !== undefined) return settled;
  // Others are refused by admission; where admission was not asked they mean nothing.
  if (key.name !== (key.namespace ?? CLUSTER_CONFIG_NAME)) return settled;
  const { published, problems } = await publish(deps, config.spec?.webhookReceivers ?? [], key.namespace);
  const status = clone(config.status ?? {});
  const { generation } = config.metadata;
  const set = (condition: Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>): void => {
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    status.conditions = setCondition(status.conditions, { ...condition, ...observed }, timestamp(clock.now()));
  };
  if (published.length === 0) delete status.webhookReceivers;
  else status.webhookReceivers = published;
  const refresh = config.metadata.annotations?.[annotations.refresh];
  if (refresh !== undefined) status.lastHandledRefresh = refresh;
  if (generation !== undefined) status.observedGeneration = generation;
  const message = problems.map(({ message: problem }) => problem).join('; ');
  if (problems.length === 0) {
    set({ type: conditionTypes.ready, status: 'True', reason: 'Synced', message: 'the configuration is in force' });
    status.conditions = removeCondition(status.conditions, conditionTypes.reconciling);
  } else {
    set({ type: conditionTypes.ready, status: 'False', reason: 'SyncWebhookReceiversFailed', message });
    set({ type: conditionTypes.reconciling, status: 'True', reason: 'SyncingWebhooks', message });
  }
  await commitStatus(client, kind, config, { ...config, status });
  const broken = problems.find((problem) => !(problem instanceof ReceiverError));
  if (broken !== undefined) throw broken;
  if (published.length === 0 && problems.length === 0) return settled;
  return waiting(
    problems.length === 0 ? 'Synced' : 'SyncWebhookReceiversFailed',
    problems.length === 0 ? 'the receivers listen' : message,
    { kind: 'poll', at: clock.now() + CONFIG_POLL, why: 'Secrets of receivers may have changed' },
    { kind: 'event', on: 'the configuration changes, or somebody asks for a refresh' },
  );
}

/** The receivers that can be reached, also where others cannot, and what is the matter with those. */
async function publish(
  { client, baseURL, systemNamespace }: ReceiverConfigDeps,
  receivers: readonly WebhookReceiver[],
  project: string | undefined,
): Promise<{ published: Published[]; problems: Error[] }> {
  const published: Published[] = [];
  const problems: Error[] = [];
  if (receivers.length === 0) return { published, problems };
  const base = await baseURL();
  if (base === undefined) {
    const why = 'nobody said under which URL senders reach receivers: set EXTERNAL_WEBHOOK_SERVER_BASE_URL';
    return { published, problems: [new ReceiverError(why)] };
  }
  for (const receiver of receivers) {
    try {
      const typed = typedReceiver(receiver);
      const found = await find(client, Secret, { namespace: project ?? systemNamespace, name: typed.secretName });
      const { name, type } = typed;
      for (const secret of receiverSecretValues(typed, found)) {
        const path = receiverPath({ basePath: receiverBasePath(base), type, project: project ?? '', name, secret });
        published.push({ name, path, url: receiverURL(base, path) });
      }
    } catch (error) {
      problems.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return { published, problems };
}

async function find<T extends Config | Secret>(client: Client, kind: Kind<T>, key: Request): Promise<T | undefined> {
  try {
    return await client.get(kind, key);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

import {
  CLUSTER_CONFIG_NAME,
  ClusterConfig,
  ProjectConfig,
  receiverPath,
  Secret,
  type ObjectKey,
  type WebhookReceiver,
} from '@kargo/api';
import { isSameSecret, receiverSecretValues, typedReceiver, type TypedReceiver } from '@kargo/controllers';
import { findOne } from '../objects.ts';
import type { Services } from '../services.ts';

/** A receiver that is in place. */
export interface FoundReceiver {
  receiver: TypedReceiver;
  secret: string;
  /** Absent for receivers of the cluster. */
  project: string | undefined;
  /** Where its Secret and its deliveries are. */
  namespace: string;
}

/**
 * The receiver that listens at a path. Fails, with a message for the operator, where its configuration or Secret is broken. A path that
 * several Projects publish belongs to none of them.
 */
export async function findReceiver(services: Services, path: string): Promise<FoundReceiver | undefined> {
  const { privileged, config } = services;
  const { items } = await privileged.list(ProjectConfig);
  const [match, ...more] = items.filter((each) => nameAt(each, path) !== undefined);
  if (match !== undefined && more.length === 0)
    return configured(services, match, nameAt(match, path), { project: match.metadata.namespace ?? '' }, path);
  const cluster = await findOne(privileged, ClusterConfig, { name: CLUSTER_CONFIG_NAME });
  if (cluster === undefined) return undefined;
  return configured(services, cluster, nameAt(cluster, path), { system: config.namespaces.system }, path);
}

/** A receiver by its name, for what was delivered to it before. */
export async function namedReceiver(services: Services, { namespace = '', name }: ObjectKey): Promise<FoundReceiver | undefined> {
  const { privileged, config } = services;
  if (namespace === config.namespaces.system) {
    const cluster = await findOne(privileged, ClusterConfig, { name: CLUSTER_CONFIG_NAME });
    return cluster === undefined ? undefined : configured(services, cluster, name, { system: namespace });
  }
  const found = await findOne(privileged, ProjectConfig, { namespace, name: namespace });
  return found === undefined ? undefined : configured(services, found, name, { project: namespace });
}

type Config = ProjectConfig | ClusterConfig;

function nameAt({ status }: Config, path: string): string | undefined {
  return status?.webhookReceivers?.find((each) => isSameSecret(each.path ?? '', path))?.name;
}

async function configured(
  { privileged }: Services,
  { spec }: Config,
  name: string | undefined,
  owner: { project: string } | { system: string },
  path?: string,
): Promise<FoundReceiver | undefined> {
  const receiver: WebhookReceiver | undefined = spec?.webhookReceivers?.find((each) => each.name === name);
  if (receiver === undefined) return undefined;
  const typed = typedReceiver(receiver);
  const project = 'project' in owner ? owner.project : undefined;
  const namespace = 'project' in owner ? owner.project : owner.system;
  // Read for each delivery: a Secret that was taken away must not let anybody in.
  const secret = await findOne(privileged, Secret, { namespace, name: typed.secretName });
  const values = receiverSecretValues(typed, secret);
  // A path that is still published for a secret that was taken away is void.
  const value = path === undefined ? values[0] : values.find((each) => isPathOf(path, typed, project, each));
  return value === undefined ? undefined : { receiver: typed, secret: value, project, namespace };
}

/** Whether senders that know a secret are told to use a path. */
function isPathOf(path: string, { type, name }: TypedReceiver, project: string | undefined, secret: string): boolean {
  const last = (text: string): string => text.slice(text.lastIndexOf('/') + 1);
  return isSameSecret(last(path), last(receiverPath({ basePath: '', type, project: project ?? '', name, secret })));
}

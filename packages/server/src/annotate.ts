import { annotations, type Kind, type KubeObject, type ObjectKey } from '@kargo/api';
import { timestamp, type Client, type Clock } from '@kargo/kube';

/** Sets one annotation. Fails with `NotFound`. */
export async function annotate<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  key: ObjectKey,
  name: string,
  value: string,
): Promise<T> {
  return client.patch(kind, key, { type: 'merge', body: { metadata: { annotations: { [name]: value } } } });
}

/** Asks the controller to look at the object again: a token it has not seen. */
export async function askForRefresh<T extends KubeObject>(client: Client, clock: Clock, kind: Kind<T>, object: T): Promise<T> {
  const { namespace, name = '', annotations: before } = object.metadata;
  const plain = timestamp(clock.now());
  // Two requests within a second are two requests.
  const token =
    before?.[annotations.refresh]?.startsWith(plain.slice(0, -1)) === true ? new Date(clock.now()).toISOString() : plain;
  return annotate(client, kind, { namespace, name }, annotations.refresh, token);
}

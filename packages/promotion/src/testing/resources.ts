import {
  keyOf,
  keyText,
  notFound,
  type Kind,
  type KubeObject,
  type ObjectKey,
  type Subscription,
  type Warehouse,
} from '@kargo/api';
import type { Reader } from '@kargo/kube';

/** A reader of a few resources, which remembers what it was asked for. */
export class FewResources implements Pick<Reader, 'get'> {
  readonly asked: string[] = [];
  readonly #objects: readonly KubeObject[];

  constructor(...objects: KubeObject[]) {
    this.#objects = objects;
  }

  async get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Promise<T> {
    this.asked.push(`${kind.kind} ${keyText(key)}`);
    const found = this.#objects.find((object) => object.kind === kind.kind && keyText(keyOf(object)) === keyText(key));
    if (found === undefined) throw notFound(kind as unknown as Kind<KubeObject>, key);
    return found as T;
  }
}

export function aWarehouse(name: string, ...subscriptions: Subscription[]): Warehouse {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { namespace: 'demo', name },
    spec: { subscriptions },
  };
}

import type { KubeObject, ObjectKey } from '@kargo/api';

/** A stored object, named. */
export interface Node {
  resource: string;
  key: ObjectKey;
}

/** Who is owned by whom, kept from the stream of changes. */
export class OwnerGraph {
  readonly #dependents = new Map<string, Map<string, Node>>();

  /** Takes note of a new state of an object; undefined when it is gone. */
  apply(resource: string, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    for (const uid of ownersOf(previous)) this.#forget(uid, resource, previous);
    for (const uid of ownersOf(object)) this.#note(uid, resource, object);
  }

  dependentsOf(uid: string): readonly Node[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  #note(uid: string, resource: string, object: KubeObject | undefined): void {
    if (object === undefined) return;
    const dependents = this.#dependents.get(uid) ?? new Map<string, Node>();
    this.#dependents.set(uid, dependents);
    dependents.set(nodeText(resource, object), {
      resource,
      key: { namespace: object.metadata.namespace, name: object.metadata.name ?? '' },
    });
  }

  #forget(uid: string, resource: string, object: KubeObject | undefined): void {
    const dependents = this.#dependents.get(uid);
    if (dependents === undefined || object === undefined) return;
    dependents.delete(nodeText(resource, object));
    if (dependents.size === 0) this.#dependents.delete(uid);
  }
}

function ownersOf(object: KubeObject | undefined): readonly string[] {
  return object?.metadata.ownerReferences?.map(({ uid }) => uid) ?? [];
}

/** A node as the text key of a queue. */
export function nodeText(resource: string, { metadata }: KubeObject): string {
  return JSON.stringify([resource, metadata.namespace ?? '', metadata.name ?? '']);
}

/** Reads what {@link nodeText} wrote. */
export function parseNode(text: string): Node {
  const [resource = '', namespace = '', name = ''] = JSON.parse(text) as string[];
  return { resource, key: { namespace: namespace === '' ? undefined : namespace, name } };
}

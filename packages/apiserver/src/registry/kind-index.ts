import { ApiError, apiVersionOf, resourceName, type Kind } from '@kargo/api';

/** The kinds that are served, found by what requests name them with. */
export class KindIndex {
  readonly #byPath = new Map<string, Kind>();
  readonly #byKind = new Map<string, Kind>();
  readonly #byResource = new Map<string, Kind>();
  #version = 0;

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) this.add(kind);
  }

  /** Grows whenever kinds come or go. */
  get version(): number {
    return this.#version;
  }

  /** Adds a kind, or replaces it. */
  add(kind: Kind): void {
    this.#version++;
    this.#byPath.set(`${apiVersionOf(kind)}/${kind.plural}`, kind);
    this.#byKind.set(`${apiVersionOf(kind)}/${kind.kind}`, kind);
    this.#byResource.set(resourceName(kind), kind);
  }

  remove(kind: Kind): void {
    this.#version++;
    this.#byPath.delete(`${apiVersionOf(kind)}/${kind.plural}`);
    this.#byKind.delete(`${apiVersionOf(kind)}/${kind.kind}`);
    this.#byResource.delete(resourceName(kind));
  }

  all(): readonly Kind[] {
    return [...this.#byResource.values()];
  }

  byPath(groupVersion: string, plural: string): Kind | undefined {
    return this.#byPath.get(`${groupVersion}/${plural}`);
  }

  byKind(apiVersion: string, kind: string): Kind | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** The kind of that group and name in whatever version is served. */
  byGroupKind(apiVersion: string, name: string): Kind | undefined {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return this.byKind(apiVersion, name) ?? this.all().find((kind) => kind.group === group && kind.kind === name);
  }

  resourceOf(kind: Kind): string {
    return resourceName(kind);
  }

  byResource(resource: string): Kind | undefined {
    return this.#byResource.get(resource);
  }

  /** The served form of a kind that a caller holds. Fails with `NotFound` when it is not served. */
  served(kind: Pick<Kind, 'group' | 'plural'>): Kind {
    const found = this.#byResource.get(resourceName(kind));
    if (found === undefined)
      throw new ApiError(
        'NotFound',
        `the server could not find the requested resource: ${resourceName(kind)} is not served here`,
      );
    return found;
  }
}

import { ApiError, apiVersionOf, resourceName, type Kind } from '@kargo/api';

/** The kinds that are served, found by what requests name them with. A kind may be served in several versions and is stored in one. */
export class KindIndex {
  readonly #byPath = new Map<string, Kind>();
  readonly #byKind = new Map<string, Kind>();
  readonly #byResource = new Map<string, Kind>();
  readonly #versions = new Map<string, readonly Kind[]>();
  #version = 0;

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) this.add(kind);
  }

  /** Grows whenever kinds come or go. */
  get version(): number {
    return this.#version;
  }

  /** Adds a kind, or replaces it. `kind` is the version that is stored; `versions` are those that are served. */
  add(kind: Kind, versions: readonly Kind[] = [kind]): void {
    this.remove(kind);
    this.#version++;
    this.#byResource.set(resourceName(kind), kind);
    this.#versions.set(resourceName(kind), versions);
    for (const served of versions) {
      this.#byPath.set(`${apiVersionOf(served)}/${served.plural}`, served);
      this.#byKind.set(`${apiVersionOf(served)}/${served.kind}`, served);
    }
  }

  remove(kind: Kind): void {
    this.#version++;
    for (const served of this.#versions.get(resourceName(kind)) ?? []) {
      this.#byPath.delete(`${apiVersionOf(served)}/${served.plural}`);
      this.#byKind.delete(`${apiVersionOf(served)}/${served.kind}`);
    }
    this.#versions.delete(resourceName(kind));
    this.#byResource.delete(resourceName(kind));
  }

  /** Every version of every kind that is served. */
  versions(): readonly Kind[] {
    return [...this.#versions.values()].flat();
  }

  /** The versions in which a kind is served. */
  versionsOf(kind: Kind): readonly Kind[] {
    return this.#versions.get(resourceName(kind)) ?? [];
  }

  /** Every kind, in the version that is stored. */
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

  /** The form in which a kind that a caller holds is stored. Fails with `NotFound` when it is not served. */
  served(kind: Pick<Kind, 'group' | 'plural'>): Kind {
    const found = this.#byResource.get(resourceName(kind));
    if (found === undefined)
      throw new ApiError(
        'NotFound',
        `the server could not find the requested resource: ${resourceName(kind)} is not served here`,
      );
    return found;
  }

  /** The version of a kind that a caller holds, as it is served. Fails with `NotFound` when it is not served. */
  servedVersion(kind: Pick<Kind, 'group' | 'plural' | 'version'>): Kind {
    const found = this.byPath(apiVersionOf(kind), kind.plural);
    if (found === undefined)
      throw new ApiError(
        'NotFound',
        `the server could not find the requested resource: ${resourceName(kind)} is not served here in version ${kind.version}`,
      );
    return found;
  }
}

import { badRequest } from '../http/http-error.ts';

/**
 * Where a view has got to: a version for each sort of objects, as versions of different sorts need not be of one counter. As text
 * `stages:12,freight:9`; a bare version is one for all.
 */
export class Cursor {
  readonly #versions: Map<string, string>;

  private constructor(versions: Map<string, string>) {
    this.#versions = versions;
  }

  /** Reads what a request gives. A sort that it does not name has no version. Fails with 400. */
  static parse(text: string | undefined, resources: readonly string[]): Cursor {
    if (text === undefined || text === '0') return new Cursor(new Map());
    // Frames carry it as their id, which is one line.
    if (/\s/.test(text)) throw badRequest('resourceVersion: versions have no blanks; give the id of the last frame');
    if (!text.includes(':')) return new Cursor(new Map(resources.map((resource) => [resource, text])));
    const versions = new Map<string, string>();
    for (const part of text.split(',')) {
      const [resource = '', version = '', ...rest] = part.split(':');
      if (resource === '' || version === '' || rest.length > 0)
        throw badRequest(
          `resourceVersion: ${JSON.stringify(part)} is no version of a sort of objects, such as stages:12; give the id of the last frame`,
        );
      if (resources.includes(resource)) versions.set(resource, version);
    }
    return new Cursor(versions);
  }

  of(resource: string): string | undefined {
    return this.#versions.get(resource);
  }

  /** Goes on. A store that was never written to has no version. */
  reach(resource: string, version: string | undefined): void {
    if (version !== undefined && version !== '0') this.#versions.set(resource, version);
  }

  toString(): string {
    return [...this.#versions].map(([resource, version]) => `${resource}:${version}`).join(',');
  }
}

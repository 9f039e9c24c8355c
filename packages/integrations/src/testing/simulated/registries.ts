import { imageFacts, metadataFor, parsePlatform } from '../../registry/image-facts.ts';
import type { RegistryDocument } from '../../registry/image-facts.ts';
import type { Registries, RegistryAccess } from '../../registry/port.ts';
import { parseRepository } from '../../registry/reference.ts';
import { RegistryError } from '../../registry/registry-error.ts';
import { buildImage } from '../image-builder.ts';
import type { ImageDescription } from '../image-builder.ts';
import type { Operations } from './operations.ts';

/** The registries of a simulated world, as those who push see them. */
export class SimulatedImages {
  readonly #repositories = new Map<string, { tags: Map<string, string>; documents: Map<string, RegistryDocument> }>();

  /** Stores a made-up image under a tag (moving the tag if it exists). Returns the digest of what the tag now names. */
  push(repository: string, tag: string, description?: ImageDescription): string {
    const found = this.find(repository) ?? { tags: new Map<string, string>(), documents: new Map<string, RegistryDocument>() };
    this.#repositories.set(keyOf(repository), found);
    const image = buildImage(description);
    for (const document of [...image.blobs, ...image.manifests]) found.documents.set(document.digest, document);
    found.tags.set(tag, image.digest);
    return image.digest;
  }

  deleteTag(repository: string, tag: string): void {
    this.find(repository)?.tags.delete(tag);
  }

  find(repository: string) {
    return this.#repositories.get(keyOf(repository));
  }
}

/** Registries in memory, described by the same rules as real ones. */
export function simulatedRegistries(images: SimulatedImages, operations: Operations): Registries {
  const perform = <T>(operation: string, access: RegistryAccess, action: () => T | Promise<T>): Promise<T> => {
    const aborted = (cause: unknown): Error =>
      new RegistryError('aborted', `could not read image repository ${access.repository}: the operation was cancelled`, {
        cause,
      });
    return operations.perform(operation, { signal: access.signal, aborted, remote: true }, action);
  };
  return {
    async tags(access) {
      parseRepository(access.repository);
      return perform(`registry.tags ${access.repository}`, access, () => {
        const found = images.find(access.repository);
        if (found === undefined) throw new RegistryError('notFound', `there is no image repository ${access.repository}`);
        return [...found.tags.keys()].sort();
      });
    },
    async image(access, reference, options = {}) {
      parseRepository(access.repository);
      if (!/^(?:sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/.test(reference)) {
        throw new RegistryError(
          'invalid',
          `${JSON.stringify(reference)} is neither a tag nor a sha256 digest of ${access.repository}`,
        );
      }
      if (options.platform !== undefined && options.platform !== '') parsePlatform(options.platform);
      return perform(`registry.image ${access.repository} ${reference}`, access, async () => {
        const found = images.find(access.repository);
        const document = found?.documents.get(found.tags.get(reference) ?? reference);
        if (found === undefined || document === undefined) return undefined;
        const get = async (digest: string): Promise<RegistryDocument> => {
          const next = found.documents.get(digest);
          if (next === undefined)
            throw new RegistryError('invalid', `${access.repository} refers to ${digest}, which it does not have`);
          return next;
        };
        return metadataFor(await imageFacts(document, { manifest: get, blob: get }), options.platform);
      });
    },
  };
}

function keyOf(repository: string): string {
  const { registry, path } = parseRepository(repository);
  return `${registry}/${path}`;
}

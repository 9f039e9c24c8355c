import { imageFacts, metadataFor, parsePlatform } from '../../registry/image-facts.ts';
import type { RegistryDocument } from '../../registry/image-facts.ts';
import { verifiedBlob } from '../../registry/blob-content.ts';
import type { ArtifactRegistries, RegistryAccess } from '../../registry/port.ts';
import { parseRepository } from '../../registry/reference.ts';
import { RegistryError } from '../../registry/registry-error.ts';
import { buildImage, stored } from '../image-builder.ts';
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

  /** Stores one document, under a tag if there is one. Returns its digest. */
  store(repository: string, document: RegistryDocument, tag?: string): string {
    const found = this.find(repository) ?? { tags: new Map<string, string>(), documents: new Map<string, RegistryDocument>() };
    this.#repositories.set(keyOf(repository), found);
    found.documents.set(document.digest, document);
    if (tag !== undefined) found.tags.set(tag, document.digest);
    return document.digest;
  }

  deleteTag(repository: string, tag: string): void {
    this.find(repository)?.tags.delete(tag);
  }

  find(repository: string) {
    return this.#repositories.get(keyOf(repository));
  }
}

/** Registries in memory, described by the same rules as real ones. */
export function simulatedRegistries(images: SimulatedImages, operations: Operations): ArtifactRegistries {
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
      checkReference(access, reference);
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
    async manifest(access, reference) {
      parseRepository(access.repository);
      checkReference(access, reference);
      return perform(`registry.manifest ${access.repository} ${reference}`, access, () => {
        const found = images.find(access.repository);
        return found?.documents.get(found.tags.get(reference) ?? reference);
      });
    },
    readBlob(access, blob, sink) {
      return perform(`registry.readBlob ${access.repository} ${blob.digest}`, access, async () => {
        const document = images.find(access.repository)?.documents.get(blob.digest);
        if (document === undefined)
          throw new RegistryError('invalid', `${access.repository} refers to ${blob.digest}, which it does not have`);
        const whole = async function* (): AsyncGenerator<Uint8Array> {
          yield document.content;
        };
        await sink(verifiedBlob(access.repository, blob, whole()));
      });
    },
    copyBlob(from, to, blob) {
      return perform(`registry.copyBlob ${to.repository} ${blob.digest}`, to, () => {
        if (images.find(to.repository)?.documents.has(blob.digest) === true) return 'present';
        const document = images.find(from.repository)?.documents.get(blob.digest);
        if (document === undefined)
          throw new RegistryError('invalid', `${from.repository} refers to ${blob.digest}, which it does not have`);
        images.store(to.repository, document);
        const [source, target] = [parseRepository(from.repository), parseRepository(to.repository)];
        return source.registry === target.registry ? 'mounted' : 'copied';
      });
    },
    async putManifest(access, reference, { mediaType, content }) {
      parseRepository(access.repository);
      checkReference(access, reference);
      return perform(`registry.putManifest ${access.repository} ${reference}`, access, () => {
        const document = stored(mediaType, Buffer.from(content));
        operations.effect('registry.push', { repository: access.repository, reference, digest: document.digest });
        return images.store(access.repository, document, reference === document.digest ? undefined : reference);
      });
    },
  };
}

function checkReference(access: RegistryAccess, reference: string): void {
  if (/^(?:sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/.test(reference)) return;
  throw new RegistryError('invalid', `${JSON.stringify(reference)} is neither a tag nor a sha256 digest of ${access.repository}`);
}

function keyOf(repository: string): string {
  const { registry, path } = parseRepository(repository);
  return `${registry}/${path}`;
}

import { createHash } from 'node:crypto';
import type { ArtifactRegistries } from '../registry/port.ts';
import type { Recorder } from './effects.ts';

/** Registries that are read as they are and never written: what would be pushed is recorded, with the digest it would get. */
export function recordingRegistries(registries: ArtifactRegistries, record: Recorder): ArtifactRegistries {
  return {
    tags: (access) => registries.tags(access),
    image: (access, reference, options) => registries.image(access, reference, options),
    manifest: (access, reference) => registries.manifest(access, reference),
    readBlob: (access, blob, sink) => registries.readBlob(access, blob, sink),
    copyBlob: async () => 'copied',
    async putManifest({ repository }, reference, { mediaType, content }) {
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      record({ kind: 'registryPush', repository, reference, digest, mediaType });
      return digest;
    },
  };
}

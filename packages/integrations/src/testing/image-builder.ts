import { createHash } from 'node:crypto';

/** An image to be made up for tests. */
export interface ImageDescription {
  labels?: Readonly<Record<string, string>> | undefined;
  /** Of the manifest, or of the index when there are several platforms. */
  annotations?: Readonly<Record<string, string>> | undefined;
  /** RFC 3339, for the config. Default `2024-01-01T00:00:00Z`; null leaves it out. */
  createdAt?: string | null | undefined;
  /** `os/architecture[/variant]`. One (default `linux/amd64`) makes a plain image, several an index. */
  platforms?: readonly string[] | undefined;
  /** Makes an index also for one platform. */
  index?: boolean | undefined;
  /** Annotations of the entries of the index, by platform. */
  entryAnnotations?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** Adds an attestation entry (platform `unknown/unknown`) to the index, as build tools do. */
  attestation?: boolean | undefined;
  /** Docker's media types instead of OCI's. */
  docker?: boolean | undefined;
  /** Anything that makes the content, and so the digest, different. */
  content?: string | undefined;
}

/** Something stored in a registry under its digest. */
export interface StoredDocument {
  digest: string;
  mediaType: string;
  content: Buffer;
}

/** An image as a registry stores it. */
export interface BuiltImage {
  /** Digest of manifest or index. */
  digest: string;
  /** In the order they have to be pushed; the last one is what a tag names. */
  manifests: StoredDocument[];
  blobs: StoredDocument[];
}

/** Makes an image with real digests; the same description always gives the same image. */
export function buildImage(description: ImageDescription = {}): BuiltImage {
  const platforms = description.platforms ?? ['linux/amd64'];
  const types = description.docker === true ? DOCKER : OCI;
  const asIndex = description.index ?? platforms.length > 1;
  const blobs: StoredDocument[] = [];
  const manifests: StoredDocument[] = [];
  const entries: object[] = [];
  const layer = stored(types.layer, Buffer.from(`layer of ${description.content ?? 'image'}\n`));
  blobs.push(layer);
  for (const platform of platforms) {
    const [os = '', architecture = '', variant] = platform.split('/');
    const own = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    const config = stored(
      types.config,
      json({
        ...own,
        ...(description.createdAt === null ? {} : { created: description.createdAt ?? '2024-01-01T00:00:00Z' }),
        config: { Labels: description.labels ?? {} },
        rootfs: { type: 'layers', diff_ids: [layer.digest] },
      }),
    );
    const manifest = stored(
      types.manifest,
      json({
        schemaVersion: 2,
        mediaType: types.manifest,
        config: descriptor(config),
        layers: [descriptor(layer)],
        ...(asIndex || description.annotations === undefined ? {} : { annotations: description.annotations }),
      }),
    );
    blobs.push(config);
    manifests.push(manifest);
    const annotations = description.entryAnnotations?.[platform];
    entries.push({ ...descriptor(manifest), platform: own, ...(annotations === undefined ? {} : { annotations }) });
  }
  if (asIndex) {
    if (description.attestation === true) {
      const config = stored(types.config, json({ os: 'unknown', architecture: 'unknown', created: '2099-01-01T00:00:00Z' }));
      const manifest = stored(
        types.manifest,
        json({ schemaVersion: 2, mediaType: types.manifest, config: descriptor(config), layers: [descriptor(layer)] }),
      );
      blobs.push(config);
      manifests.push(manifest);
      entries.push({ ...descriptor(manifest), platform: { os: 'unknown', architecture: 'unknown' } });
    }
    manifests.push(
      stored(
        types.index,
        json({
          schemaVersion: 2,
          mediaType: types.index,
          manifests: entries,
          ...(description.annotations === undefined ? {} : { annotations: description.annotations }),
        }),
      ),
    );
  }
  return { digest: manifests.at(-1)?.digest ?? '', manifests, blobs };
}

/** `content` with its digest. */
export function stored(mediaType: string, content: Buffer): StoredDocument {
  return { digest: `sha256:${createHash('sha256').update(content).digest('hex')}`, mediaType, content };
}

const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
};
const DOCKER = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
};

function descriptor(document: StoredDocument): object {
  return { mediaType: document.mediaType, digest: document.digest, size: document.content.length };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

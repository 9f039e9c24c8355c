/** Image registries (OCI distribution, Docker v2) as a port. */

export interface RegistryAccess {
  /** Repository as users write it, e.g. `public.ecr.aws/nginx/nginx` or `localhost:5000/demo`. */
  repository: string;
  /** `source` is the Secret they came from, for explanations. */
  credentials?:
    | {
        username: string;
        password: string;
        source?: { namespace: string; name: string } | undefined;
        /** Stays the same while they are renewed: what is cached is kept under it. */
        identity?: string | undefined;
        /** Gets others in place of those that were refused, if they come from a service that gives tokens. */
        renew?:
          | ((signal?: AbortSignal) => Promise<{ username?: string | undefined; password?: string | undefined } | undefined>)
          | undefined;
      }
    | undefined;
  /** What is kept there, which says what Secrets for it are called. Default image. */
  kind?: 'image' | 'chart' | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface ImageMetadata {
  digest: string;
  mediaType: string;
  /** Descriptor, then manifest or index, then matching platform entry, later ones winning. */
  annotations: Record<string, string>;
  /** RFC 3339, if the image tells. */
  createdAt?: string | undefined;
  platforms: { os: string; architecture: string; variant?: string | undefined }[];
}

export type RegistryErrorCode =
  | 'unreachable'
  | 'authentication'
  | 'notFound'
  | 'rateLimited'
  | 'timeout'
  | 'aborted'
  | 'invalid'
  | 'failed';

export interface ImageOptions {
  /** `os/architecture[/variant]`. */
  platform?: string | undefined;
  /** What a tag stood for when it was asked for within so many milliseconds is taken without asking again. Default 0. */
  knownWithin?: number | undefined;
}

/** Fails with `RegistryError`, which carries a {@link RegistryErrorCode}. */
export interface Registries {
  /** All tags, through all pages, not older than this call. Those who ask at the same time share a listing. */
  tags(access: RegistryAccess): Promise<string[]>;
  /**
   * Metadata of a tag or digest; absent if the registry does not have it, or not for `platform` (`os/architecture[/variant]`). Digest
   * and creation time of a multi-platform image are always those of the whole.
   */
  image(access: RegistryAccess, reference: string, options?: ImageOptions): Promise<ImageMetadata | undefined>;
}

/** A manifest or index exactly as a registry stores it. */
export interface StoredManifest {
  digest: string;
  mediaType: string;
  content: Uint8Array;
}

/** What is known of a blob before it is read. */
export interface BlobDescriptor {
  digest: string;
  /** Bytes. */
  size: number;
}

/** Registries whose contents can be read and written piece by piece. */
export interface ArtifactRegistries extends Registries {
  /** The manifest or index of a tag or digest; absent if the registry does not have it. */
  manifest(access: RegistryAccess, reference: string): Promise<StoredManifest | undefined>;
  /**
   * Hands a blob to `sink` as it comes. Fails with `invalid` if it is not what its digest and size say, but only after the last piece:
   * a sink must keep nothing of what it got unless this succeeds. It is called again when a connection broke, and what it fails with is
   * what this fails with.
   */
  readBlob(
    access: RegistryAccess,
    blob: BlobDescriptor,
    sink: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void>;
  /** Lets the repository `to` have a blob that `from` has: nothing to do if it is there, otherwise without a transfer if the registry can. */
  copyBlob(from: RegistryAccess, to: RegistryAccess, blob: BlobDescriptor): Promise<'present' | 'mounted' | 'copied'>;
  /** Stores a manifest or index under a tag or its digest; a tag is moved. What it refers to must be there. Returns the digest. */
  putManifest(
    access: RegistryAccess,
    reference: string,
    manifest: Pick<StoredManifest, 'mediaType' | 'content'>,
  ): Promise<string>;
}

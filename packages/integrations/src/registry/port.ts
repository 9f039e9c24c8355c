/** Image registries (OCI distribution, Docker v2) as a port. */

export interface RegistryAccess {
  /** Repository as users write it, e.g. `public.ecr.aws/nginx/nginx` or `localhost:5000/demo`. */
  repository: string;
  /** `source` is the Secret they came from, for explanations. */
  credentials?: { username: string; password: string; source?: { namespace: string; name: string } | undefined } | undefined;
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

/** Fails with `RegistryError`, which carries a {@link RegistryErrorCode}. */
export interface Registries {
  /** All tags, through all pages. */
  tags(access: RegistryAccess): Promise<string[]>;
  /**
   * Metadata of a tag or digest; absent if the registry does not have it, or not for `platform` (`os/architecture[/variant]`). Digest
   * and creation time of a multi-platform image are always those of the whole.
   */
  image(
    access: RegistryAccess,
    reference: string,
    options?: { platform?: string | undefined },
  ): Promise<ImageMetadata | undefined>;
}

/** Repositories of Helm charts as a port. */

export interface ChartAccess {
  /** `https://…` of a repository with an index, or `oci://…` of one chart. */
  repoURL: string;
  /** Name of the chart; needed in repositories with an index, part of the URL in others. */
  name?: string | undefined;
  /** `source` is the Secret they came from, for explanations; `identity` stays the same while they are renewed. */
  credentials?:
    | {
        username: string;
        password: string;
        source?: { namespace: string; name: string } | undefined;
        identity?: string | undefined;
      }
    | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** What a `ChartError` carries; the codes mean what those of registries mean. */
export type ChartErrorCode =
  | 'unreachable'
  | 'authentication'
  | 'notFound'
  | 'rateLimited'
  | 'timeout'
  | 'aborted'
  | 'invalid'
  | 'failed';

/** Fails with `ChartError` for repositories with an index, and with `RegistryError` for those in registries. */
export interface Charts {
  /**
   * All versions of a chart as its repository lists them, in no particular order; those in registries are written as charts have them,
   * with `+` where tags have `_`. Empty if a repository with an index has no such chart.
   */
  versions(access: ChartAccess): Promise<string[]>;
}

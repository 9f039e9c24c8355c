/** Rendering of manifests with the real tools. */
export interface Renderer {
  /** `kustomize build` of a folder. File access is confined to `root`. Returns multi-document YAML. */
  kustomize(options: {
    path: string;
    root: string;
    helm?: { apiVersions?: readonly string[] | undefined; kubeVersion?: string | undefined } | undefined;
    signal?: AbortSignal | undefined;
    onLine?: ToolLine | undefined;
  }): Promise<string>;
  /** `helm template` of a chart folder. Returns multi-document YAML. */
  helm(options: {
    path: string;
    root: string;
    releaseName: string;
    namespace: string;
    valuesFiles?: readonly string[] | undefined;
    values?: string | undefined;
    /** Values, set after the files, in this order. They do not show up in the arguments of helm where they are mere text. */
    set?:
      | readonly {
          name: string;
          value: string;
          /** Numbers and booleans stay text. */
          forceString?: boolean | undefined;
          /** Taken as it stands, after all others. */
          literal?: boolean | undefined;
        }[]
      | undefined;
    includeCRDs?: boolean | undefined;
    disableHooks?: boolean | undefined;
    /** Leaves out hooks that are tests. */
    skipTests?: boolean | undefined;
    kubeVersion?: string | undefined;
    apiVersions?: readonly string[] | undefined;
    signal?: AbortSignal | undefined;
    onLine?: ToolLine | undefined;
  }): Promise<string>;
  /**
   * Puts the dependencies of a chart folder into its `charts/`. `build` follows its lock file, and makes one if there is none; `update`
   * takes the newest that the chart allows and writes the lock file anew. What it names by path must lie inside `root`.
   */
  helmDependencies(options: {
    path: string;
    root: string;
    action: 'build' | 'update';
    /** The repositories that the chart names, with the credentials for each. */
    repositories: readonly ChartRepository[];
    /** Registries (`oci://`) are reached without TLS. */
    plainHTTP?: boolean | undefined;
    signal?: AbortSignal | undefined;
    onLine?: ToolLine | undefined;
  }): Promise<void>;
}

/** Called with each line that a tool says beside its result, as it comes: without secrets, and only the beginning of much. */
export type ToolLine = (line: string) => void;

/** A repository of charts: `https://…`, `http://…`, or `oci://…` with the name of the chart. */
export interface ChartRepository {
  url: string;
  username?: string | undefined;
  password?: string | undefined;
}

/**
 * What a `RenderError` carries. `invalid`: the input cannot be rendered, or asks for more than it may have. `failed`: dependencies of a chart
 * could not be got, which may be their servers' fault.
 */
export type RenderErrorCode = 'toolMissing' | 'invalid' | 'failed' | 'timeout' | 'aborted';

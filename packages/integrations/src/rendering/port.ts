/** Rendering of manifests with the real tools. */
export interface Renderer {
  /** `kustomize build` of a folder. File access is confined to `root`. Returns multi-document YAML. */
  kustomize(options: {
    path: string;
    root: string;
    helm?: { apiVersions?: readonly string[] | undefined; kubeVersion?: string | undefined } | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<string>;
  /** `helm template` of a chart folder. Returns multi-document YAML. */
  helm(options: {
    path: string;
    root: string;
    releaseName: string;
    namespace: string;
    valuesFiles?: readonly string[] | undefined;
    values?: string | undefined;
    set?: readonly { name: string; value: string; forceString?: boolean | undefined }[] | undefined;
    includeCRDs?: boolean | undefined;
    kubeVersion?: string | undefined;
    apiVersions?: readonly string[] | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<string>;
}

/** What a `RenderError` carries. `invalid`: the input cannot be rendered, or asks for more than it may have. */
export type RenderErrorCode = 'toolMissing' | 'invalid' | 'timeout' | 'aborted';

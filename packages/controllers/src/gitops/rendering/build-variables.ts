import type { Application, ApplicationSource } from '@kargo/api';

/**
 * Fills in what Argo CD calls the build environment: `$ARGOCD_APP_NAME` and its like, with or without braces; `$$` stands for a dollar sign.
 * Other variables are left as they are.
 */
export function buildVariables(app: Application, source: ApplicationSource, revision: string): (text: string) => string {
  const values = new Map(
    Object.entries({
      ARGOCD_APP_NAME: app.metadata.name ?? '',
      ARGOCD_APP_NAMESPACE: app.spec.destination.namespace ?? '',
      ARGOCD_APP_PROJECT_NAME: app.spec.project || 'default',
      ARGOCD_APP_REVISION: revision,
      ARGOCD_APP_REVISION_SHORT: revision.slice(0, 7),
      ARGOCD_APP_REVISION_SHORT_8: revision.slice(0, 8),
      ARGOCD_APP_SOURCE_REPO_URL: source.repoURL,
      ARGOCD_APP_SOURCE_PATH: source.path ?? '',
      ARGOCD_APP_SOURCE_TARGET_REVISION: source.targetRevision ?? '',
    }),
  );
  return (text) =>
    text.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, plain?: string) =>
      whole === '$$' ? '$' : (values.get(braced ?? plain ?? '') ?? whole),
    );
}

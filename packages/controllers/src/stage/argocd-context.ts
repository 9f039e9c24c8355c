import type { Json, Promotion, PromotionReference } from '@kargo/api';

/** An Argo CD Application that a Stage deploys through. */
export interface ArgoCDApplicationReference {
  name: string;
  namespace: string;
}

const STEPS = new Set(['argocd-update', 'argocd-wait']);

/**
 * The Applications that the last successful Promotion touched, as the value of the annotation `argocd-context`: those in the outputs of
 * its Argo CD steps and in its health checks, each once. Undefined if there are none.
 */
export function argoCDContext(last: PromotionReference, promotion: Promotion | undefined): string | undefined {
  const outputs = (promotion?.spec.steps ?? [])
    .filter(({ uses }) => uses !== undefined && STEPS.has(uses))
    .map(({ as }) => last.status?.state?.[as ?? '']);
  const checks = (last.status?.healthChecks ?? []).filter(({ uses }) => STEPS.has(uses)).map(({ config }) => config);
  const byKey = new Map([...outputs, ...checks].flatMap(applicationsOf).map((app) => [`${app.namespace}/${app.name}`, app]));
  return byKey.size === 0 ? undefined : JSON.stringify([...byKey.values()]);
}

function applicationsOf(value: Json | undefined): ArgoCDApplicationReference[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Array.isArray(value['apps'])) return [];
  return value['apps'].flatMap((app) => {
    if (typeof app !== 'object' || app === null || Array.isArray(app)) return [];
    const { name, namespace } = app;
    return typeof name === 'string' && typeof namespace === 'string' ? [{ name, namespace }] : [];
  });
}

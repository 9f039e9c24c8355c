import type { Application, ApplicationStatus } from '@kargo/api';

/** An Application that deploys one folder of one repository, and authorises the Stage `test` of the project `demo`. */
export function anApplication(
  more: {
    name?: string;
    spec?: Partial<Application['spec']>;
    status?: Partial<ApplicationStatus>;
    operation?: Application['operation'];
    authorized?: string;
    labels?: Record<string, string>;
  } = {},
): Application {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      namespace: 'argocd',
      name: more.name ?? 'kargo-demo-test',
      ...(more.labels === undefined ? {} : { labels: more.labels }),
      annotations: { 'kargo.akuity.io/authorized-stage': more.authorized ?? 'demo:test' },
    },
    spec: {
      project: 'default',
      destination: { server: 'https://kubernetes.default.svc', namespace: 'demo' },
      source: { repoURL: 'https://git.example.com/demo.git', path: '.', targetRevision: 'stage/test' },
      ...more.spec,
    },
    ...(more.operation === undefined ? {} : { operation: more.operation }),
    ...(more.status === undefined ? {} : { status: more.status }),
  };
}

/** The state of an operation for a promotion; for nobody in particular without a name. */
export function operationState(
  promotion: string | undefined,
  more: Partial<NonNullable<ApplicationStatus['operationState']>> = {},
): NonNullable<ApplicationStatus['operationState']> {
  const ended = more.phase !== undefined && more.phase !== 'Running' && more.phase !== 'Terminating';
  return {
    operation: promotion === undefined ? {} : { info: [{ name: 'kargo.akuity.io/promotion', value: promotion }] },
    phase: 'Running',
    startedAt: '2026-01-01T00:00:00Z',
    ...(ended ? { finishedAt: '2026-01-01T00:00:10Z' } : {}),
    ...more,
  };
}

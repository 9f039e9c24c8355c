/** A project as large as they come: one warehouse, 600 stages four deep, 5,000 freight, ten promotions for each stage. */
import type { Freight, Promotion, Stage, Warehouse } from '@kargo/api';

export const PROJECT = 'large';
export const STAGES = 600;
export const FREIGHT = 5_000;
const PROMOTIONS = 10;
const API = 'kargo.akuity.io/v1alpha1';
const ORIGIN = { kind: 'Warehouse' as const, name: 'web' };
const IMAGE = 'ghcr.io/acme/storefront';

export interface LargeProject {
  warehouses: Warehouse[];
  stages: Stage[];
  freight: Freight[];
  promotions: Promotion[];
}

/** Everything of the project, as controllers would have left it at `now` (epoch milliseconds). */
export function largeProject(now: number): LargeProject {
  const at = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z');
  const nameOf = (n: number): string => n.toString(16).padStart(8, '0').padEnd(40, '0123456789abcdef');
  const reference = (n: number) => ({
    name: nameOf(n),
    origin: ORIGIN,
    images: [{ repoURL: IMAGE, tag: `1.${n}.0`, digest: `sha256:${'ab'.repeat(32)}` }],
    commits: [
      {
        repoURL: 'https://github.com/acme/storefront.git',
        id: n.toString(16).padStart(40, '0'),
        message: `Change number ${n} of the storefront`,
      },
    ],
  });
  const layers: { name: string; upstream: string | undefined; behind: number }[] = [
    { name: 'test', upstream: undefined, behind: 0 },
  ];
  for (let i = 0; i < 9; i++) layers.push({ name: `qa-${i}`, upstream: 'test', behind: 3 });
  for (let i = 0; i < 90; i++) layers.push({ name: `staging-${i}`, upstream: `qa-${i % 9}`, behind: 8 + (i % 4) });
  for (let i = 0; i < STAGES - 100; i++) layers.push({ name: `prod-${i}`, upstream: `staging-${i % 90}`, behind: 20 + (i % 15) });
  const newest = FREIGHT - 1;
  const runs = new Map(layers.map(({ name, behind }) => [name, newest - behind]));
  const verifiedIn = new Map<number, Record<string, { verifiedAt: string }>>();
  for (const { name } of layers)
    for (let n = (runs.get(name) ?? 0) - 5; n <= (runs.get(name) ?? 0); n++)
      verifiedIn.set(n, { ...verifiedIn.get(n), [name]: { verifiedAt: at(now - (newest - n) * 600_000) } });
  const freight = Array.from({ length: FREIGHT }, (_, n): Freight => {
    const { name, ...rest } = reference(n);
    const here = layers
      .filter((layer) => runs.get(layer.name) === n)
      .map((layer) => [layer.name, { since: at(now - 3_600_000) }] as const);
    const verified = verifiedIn.get(n);
    return {
      apiVersion: API,
      kind: 'Freight',
      metadata: { name, namespace: PROJECT, labels: { 'kargo.akuity.io/alias': `brave-otter-${n}` } },
      alias: `brave-otter-${n}`,
      discoveredAt: at(now - (newest - n) * 600_000),
      ...rest,
      status: {
        ...(here.length === 0 ? {} : { currentlyIn: Object.fromEntries(here) }),
        ...(verified === undefined ? {} : { verifiedIn: verified }),
      },
    };
  });
  const steps = [
    'git-clone',
    'git-clear',
    'kustomize-set-image',
    'kustomize-build',
    'git-commit',
    'git-push',
    'argocd-update',
  ].map((uses, index) => ({
    uses,
    as: `step-${index + 1}`,
    config: { path: './out', repoURL: 'https://github.com/acme/storefront.git', message: 'what the step is told' },
  }));
  const stages = layers.map(({ name, upstream }, index): Stage => {
    const n = runs.get(name) ?? 0;
    const phase = index % 97 === 13 ? 'Failed' : 'Steady';
    return {
      apiVersion: API,
      kind: 'Stage',
      metadata: { name, namespace: PROJECT },
      spec: {
        requestedFreight: [{ origin: ORIGIN, sources: upstream === undefined ? { direct: true } : { stages: [upstream] } }],
        promotionTemplate: { spec: { steps } },
      },
      status: {
        phase,
        freightHistory: Array.from({ length: 6 }, (_, age) => ({
          id: `${name}-${n - age}`,
          items: { 'Warehouse/web': reference(n - age) },
          verificationHistory: [
            { id: `v-${n - age}`, phase: 'Successful', startTime: at(now - 4_000_000), finishTime: at(now - 3_900_000) },
          ],
        })),
        health: { status: 'Healthy' },
        autoPromotionEnabled: index < 100,
        conditions: [
          {
            type: 'Ready',
            status: phase === 'Failed' ? 'False' : 'True',
            reason: phase,
            message: phase === 'Failed' ? 'git-push was refused' : 'steady',
            lastTransitionTime: at(now),
          },
        ],
      },
    };
  });
  const promotions = layers.flatMap(({ name }) =>
    Array.from({ length: PROMOTIONS }, (_, age): Promotion => {
      const n = (runs.get(name) ?? 0) - age;
      return {
        apiVersion: API,
        kind: 'Promotion',
        metadata: { name: `${name}.${String(n).padStart(26, '0')}.abcdef0`, namespace: PROJECT },
        spec: { stage: name, freight: nameOf(n), steps },
        status: {
          phase: 'Succeeded',
          startedAt: at(now - 5_000_000 - age),
          finishedAt: at(now - 4_900_000 - age),
          currentStep: 6,
          stepExecutionMetadata: steps.map(({ as }) => ({
            alias: as,
            status: 'Succeeded',
            startedAt: at(now - 5_000_000),
            finishedAt: at(now - 4_900_000),
          })),
          state: Object.fromEntries(steps.map(({ as }) => [as, { commit: 'ab'.repeat(20), branch: `stage/${name}` }])),
        },
      };
    }),
  );
  const warehouses: Warehouse[] = [
    {
      apiVersion: API,
      kind: 'Warehouse',
      metadata: { name: 'web', namespace: PROJECT },
      spec: { interval: '5m0s', subscriptions: [{ image: { repoURL: IMAGE, constraint: '^1.0.0' } }] },
    },
  ];
  return { warehouses, stages, freight, promotions };
}

/** What tests of steps and of the runner begin with. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FreightCollection, FreightReference, Promotion, PromotionStatus, PromotionStep } from '@kargo/api';
import { realWorkspaces, type Workspace, type Workspaces } from '@kargo/integrations';
import { seededRandom, silentLog, VirtualClock, type Clock } from '@kargo/kube';
import type { StepContext, StepPorts } from '../step.ts';

/** A folder for workspaces that is gone when the test is. */
export async function temporaryWorkspaces(): Promise<{ workspaces: Workspaces; dispose: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'promotion-'));
  return { workspaces: realWorkspaces({ directory }), dispose: () => rm(directory, { recursive: true, force: true }) };
}

/** A port that fails the test when it is used. */
export function unused<T extends object>(name: string): T {
  return new Proxy({} as T, {
    get: (_, property) => {
      throw new Error(`the test did not expect ${name}.${String(property)} to be used`);
    },
  });
}

/** Ports of which only the given ones may be used. */
export function somePorts(ports: Partial<StepPorts> & { clock?: Clock } = {}): StepPorts {
  return {
    clock: new VirtualClock('2026-01-01T00:00:00Z'),
    random: seededRandom(1),
    git: unused('git'),
    pullRequests: unused('pullRequests'),
    githubCommits: unused('githubCommits'),
    credentials: { find: async () => undefined },
    registries: unused('registries'),
    renderer: unused('renderer'),
    http: unused('http'),
    client: unused('client'),
    gitIdentity: { name: 'Kargo', email: 'no-reply@kargo.io' },
    argoCDNamespace: 'argocd',
    ...ports,
  };
}

/** A piece of Freight of the Warehouse `app`. */
export const someFreight: FreightReference = {
  name: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
  origin: { kind: 'Warehouse', name: 'app' },
  images: [{ repoURL: 'example.com/app', tag: 'v1.2.3', digest: 'sha256:abc' }],
};

export const someCollection: FreightCollection = { id: 'c0ffee', items: { 'Warehouse/app': someFreight } };

/** A Promotion of {@link someFreight} to the Stage `test` of the project `demo`. */
export function aPromotion(steps: PromotionStep[], status?: PromotionStatus): Promotion {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: { namespace: 'demo', name: 'test.01j2w7a15cxjjgejresfyw6ysp.a1b2c3d', uid: 'uid-1' },
    spec: { stage: 'test', freight: someFreight.name, steps },
    ...(status === undefined ? {} : { status }),
  };
}

/** The context of a step that runs alone. */
export function stepContext<Config>(
  workspace: Workspace,
  config: Config,
  more: Partial<StepContext<Config>> = {},
): StepContext<Config> {
  return {
    config,
    alias: 'step-1',
    project: 'demo',
    stage: 'test',
    promotion: { name: 'test.01j2w7a15cxjjgejresfyw6ysp.a1b2c3d', uid: 'uid-1', actor: '', rollback: false },
    freight: someCollection,
    targetFreight: someFreight,
    freightRequests: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { direct: true } }],
    outputs: {},
    workspace,
    startedAt: Date.parse('2026-01-01T00:00:00Z'),
    signal: new AbortController().signal,
    log: silentLog,
    ...more,
  };
}

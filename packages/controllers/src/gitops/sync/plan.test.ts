import {
  CustomResourceDefinition,
  Deployment,
  Job,
  Namespace,
  Service,
  type Kind,
  type Operation,
  type Workload,
} from '@kargo/api';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../compare.ts';
import { planSync } from './plan.ts';

const KINDS: Record<string, Kind<Workload>> = {
  Deployment,
  Service,
  Job,
  Namespace: Namespace as unknown as Kind<Workload>,
  CustomResourceDefinition: CustomResourceDefinition as unknown as Kind<Workload>,
};

/** `Kind/name` with annotations; `live` is only there, `target` only wanted. */
function comparison(
  text: string,
  { annotations = {}, gone = false }: { annotations?: Record<string, string>; gone?: boolean } = {},
): Comparison {
  const [kindName = '', name = ''] = text.split('/');
  const kind = KINDS[kindName] as Kind<Workload>;
  const object: Workload = {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kindName,
    metadata: { namespace: 'web', name, annotations },
  };
  return {
    kind,
    target: gone ? undefined : object,
    live: gone ? object : undefined,
    synced: false,
    requiresPruning: gone,
    counted: true,
  };
}

const wave = (value: number): Record<string, string> => ({ 'argocd.argoproj.io/sync-wave': String(value) });
const hook = (value: string): Record<string, string> => ({ 'argocd.argoproj.io/hook': value });
const option = (value: string): Record<string, string> => ({ 'argocd.argoproj.io/sync-options': value });

const gadgets = {
  target: {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets', annotations: wave(3) },
    spec: { group: 'example.com', names: { kind: 'Gadget', plural: 'gadgets' }, versions: [{ name: 'v1' }] },
  } as Workload,
};
const gadget = (annotations: Record<string, string>): Comparison => ({
  ...comparison('Service/g'),
  target: { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { namespace: 'web', name: 'g', annotations } },
});

interface Case {
  name: string;
  given: Comparison[];
  sync?: Operation['sync'];
  syncOptions?: string[];
  steps: string[];
  onFailure?: string[];
  skipped?: string[];
}

const shown = (tasks: { action: string; comparison: Comparison }[]): string =>
  tasks.map(({ action, comparison: { target, live } }) => `${action} ${(target ?? live)?.metadata.name}`).join(', ');

describe('[40 C4.8] the plan of a sync', () => {
  it.each<Case>([
    { name: 'nothing', given: [], steps: [] },
    {
      name: 'kinds, then names, within a wave',
      given: [comparison('Deployment/a'), comparison('Service/z'), comparison('Service/b')],
      steps: ['apply b, apply z, apply a'],
    },
    {
      name: 'waves, negative ones first',
      given: [
        comparison('Service/late', { annotations: wave(2) }),
        comparison('Deployment/mid'),
        comparison('Job/early', { annotations: wave(-1) }),
      ],
      steps: ['apply early', 'apply mid', 'apply late'],
    },
    {
      name: 'a namespace with, and before, the first object in it, also a hook',
      given: [
        comparison('Namespace/web', { annotations: wave(7) }),
        comparison('Namespace/other', { annotations: wave(1) }),
        comparison('Deployment/app'),
        comparison('Job/before', { annotations: { ...hook('PreSync'), ...wave(-3) } }),
      ],
      steps: ['apply web, hook before', 'apply app', 'apply other'],
    },
    {
      name: 'a definition of a kind with, and before, the first object of it',
      given: [
        { ...comparison('CustomResourceDefinition/gadgets', { annotations: wave(3) }), ...gadgets },
        comparison('Deployment/early', { annotations: wave(-2) }),
        gadget(wave(-1)),
        gadget(wave(9)),
      ],
      steps: ['apply early', 'apply gadgets, apply g', 'apply g'],
    },
    {
      name: 'a namespace that nothing here needs where it is',
      given: [comparison('Namespace/other', { annotations: wave(2) }), comparison('Deployment/app')],
      steps: ['apply app', 'apply other'],
    },
    {
      name: 'hooks around',
      given: [
        comparison('Deployment/app'),
        comparison('Job/after', { annotations: hook('PostSync') }),
        comparison('Job/before', { annotations: hook('PreSync') }),
        comparison('Job/never', { annotations: hook('Skip') }),
        comparison('Job/rescue', { annotations: hook('SyncFail') }),
      ],
      steps: ['hook before', 'apply app', 'hook after'],
      onFailure: ['hook rescue'],
    },
    {
      name: 'a hook in two phases',
      given: [comparison('Job/both', { annotations: hook('PreSync,PostSync') }), comparison('Deployment/app')],
      steps: ['hook both', 'apply app', 'hook both'],
    },
    {
      name: 'no hooks in a partial sync',
      given: [
        comparison('Deployment/app'),
        comparison('Service/app'),
        comparison('Job/before', { annotations: hook('PreSync') }),
      ],
      sync: { resources: [{ group: 'apps', kind: 'Deployment', name: 'app' }] } as Operation['sync'],
      steps: ['apply app'],
    },
    {
      name: 'no hooks with the apply strategy',
      given: [comparison('Deployment/app'), comparison('Job/before', { annotations: hook('PreSync') })],
      sync: { syncStrategy: { apply: {} } } as Operation['sync'],
      steps: ['apply app'],
    },
    {
      name: 'no pruning unless asked for',
      given: [comparison('Deployment/app'), comparison('Service/old', { gone: true })],
      steps: ['apply app'],
      skipped: ['skipPrune old'],
    },
    {
      name: 'pruning with and after the last that is applied, in reverse',
      given: [
        comparison('Service/first', { gone: true, annotations: wave(0) }),
        comparison('Deployment/first-too', { gone: true, annotations: wave(0) }),
        comparison('Service/second', { gone: true, annotations: wave(1) }),
        comparison('Deployment/app', { annotations: wave(5) }),
      ],
      sync: { prune: true },
      steps: ['apply app, prune second', 'prune first-too, prune first'],
    },
    {
      name: 'pruning last',
      given: [
        comparison('Service/last', { gone: true, annotations: { ...wave(9), ...option('PruneLast=true') } }),
        comparison('Service/first', { gone: true }),
        comparison('Job/after', { annotations: hook('PostSync') }),
      ],
      sync: { prune: true },
      steps: ['prune first', 'prune last', 'hook after'],
    },
    {
      name: 'pruning that objects refuse or want confirmed',
      given: [
        comparison('Service/kept', { gone: true, annotations: option('Prune=false') }),
        comparison('Service/asked', { gone: true, annotations: option('Validate=false, Prune=confirm') }),
      ],
      sync: { prune: true },
      steps: ['confirmPrune asked'],
      skipped: ['skipPrune kept'],
    },
  ])('has $name', ({ given, sync, syncOptions, steps, onFailure = [], skipped = [] }) => {
    const plan = planSync(given, sync, syncOptions);
    expect(plan.steps.map(({ tasks }) => shown(tasks))).toEqual(steps);
    expect(plan.onFailure.map((task) => shown([task]))).toEqual(onFailure);
    expect(plan.skipped.map((task) => shown([task]))).toEqual(skipped);
  });
});

/** Objects for the tests of this folder and of those that build on it. */
import type { Freight, FreightRequest, Promotion, Stage } from '@kargo/api';

/** A regular Stage of Project `shop` that takes Freight as `requests` say (default: directly from Warehouse `app`). */
export function aStage(name: string, requests: readonly RequestInput[] = [{ direct: true }], more: Partial<Stage> = {}): Stage {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    ...more,
    metadata: { namespace: 'shop', name, uid: `uid-${name}`, generation: 1, ...more.metadata },
    spec: {
      promotionTemplate: { spec: { steps: [{ uses: 'git-clone' }] } },
      ...more.spec,
      requestedFreight: requests.map(request),
    },
  };
}

export type RequestInput = FreightRequest['sources'] & { origin?: string };

function request({ origin = 'app', ...sources }: RequestInput): FreightRequest {
  return { origin: { kind: 'Warehouse', name: origin }, sources };
}

/** A piece of Freight of Project `shop`. */
export function someFreight(
  name: string,
  status: Freight['status'] = {},
  more: Partial<Freight> & { from?: string } = {},
): Freight {
  const { from = 'app', ...fields } = more;
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Freight',
    origin: { kind: 'Warehouse', name: from },
    ...fields,
    metadata: { namespace: 'shop', name, uid: `uid-${name}`, ...fields.metadata },
    status,
  };
}

/** A Promotion of Project `shop`. */
export function aPromotion(
  name: string,
  { stage = 'qa', freight = 'f1', created, annotations, status }: PromotionInput = {},
): Promotion {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: {
      namespace: 'shop',
      name,
      uid: `uid-${name}`,
      labels: { 'kargo.akuity.io/stage': stage },
      annotations,
      creationTimestamp: created,
    },
    spec: { stage, freight, steps: [{ uses: 'git-clone', as: 'step-1' }] },
    status,
  };
}

export interface PromotionInput {
  stage?: string;
  freight?: string;
  created?: string | undefined;
  annotations?: Record<string, string> | undefined;
  status?: Promotion['status'];
}

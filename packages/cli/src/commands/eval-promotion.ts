import {
  apiVersionOf,
  ConfigMap,
  Freight,
  notFound,
  Stage,
  Warehouse,
  type FreightCollection,
  type Kind,
  type KubeObject,
  type ObjectKey,
  type Promotion,
  type Variable,
} from '@kargo/api';
import { ExprError, type Value } from '@kargo/expr';
import type { Reader } from '@kargo/kube';
import { aliasOf, evaluateInStep, planSteps, stepRegistry } from '@kargo/promotion';
import { RequestError, type ApiClient } from '../client/api-client.ts';
import { CLIError, messageOf } from '../cli-error.ts';

/** Groups of the REST API by kind: what expressions may read. */
const GROUPS: Readonly<Record<string, string>> = {
  [Freight.kind]: 'freight',
  [Stage.kind]: 'stages',
  [Warehouse.kind]: 'warehouses',
  [ConfigMap.kind]: 'configmaps',
};

export interface PromotionEvaluation {
  project: string;
  /** Of the Promotion. */
  name: string;
  /** Alias of the step whose variables are seen. */
  step: string | undefined;
  source: string;
  /** Variables that take the place of those of the Promotion. */
  vars: readonly Variable[];
}

/** Evaluates an expression or template as a step of a Promotion would, with its outputs as they are. */
export async function evaluateInPromotion(
  api: ApiClient,
  { project, name, step, source, vars }: PromotionEvaluation,
): Promise<Value> {
  const promotion = await api.call<Promotion>('GET', ['projects', project, 'promotions', name], { operation: 'get promotion' });
  const { spec, metadata, status = {} } = promotion;
  const reader = restReader(api, project);
  const plans = planSteps(spec.steps, stepRegistry());
  const index = step === undefined ? (status.currentStep ?? 0) : spec.steps.findIndex((one, at) => aliasOf(one, at) === step);
  const own = spec.steps[index];
  if (own === undefined)
    throw new CLIError(
      'Usage',
      `Promotion ${name} has no step ${JSON.stringify(step)}; it has ${plans.map(({ alias }) => alias).join(', ')}`,
    );
  const stage = await reader.get(Stage, { namespace: project, name: spec.stage });
  const freight = await reader.get(Freight, { namespace: project, name: spec.freight ?? '' });
  const { metadata: _, ...reference } = freight;
  const target = { ...reference, name: freight.metadata.name ?? '' };
  const collection: FreightCollection = status.freightCollection ?? {
    id: '',
    items: { [`Warehouse/${freight.origin.name}`]: target },
  };
  const annotations = metadata.annotations ?? {};
  try {
    return await evaluateInStep(
      source,
      {
        project,
        stage: spec.stage,
        promotion: metadata.name ?? '',
        actor: annotations['kargo.akuity.io/create-actor'] ?? '',
        rollback: annotations['kargo.akuity.io/rollback'] === 'true',
        uiBaseURL: '',
        targetFreight: { name: target.name, alias: freight.alias ?? '', origin: freight.origin.name },
        vars: [...(spec.vars ?? []), ...vars],
        freight: collection,
        freightRequests: stage.spec.requestedFreight,
        plans,
        step: own,
        index,
        status,
        signal: new AbortController().signal,
      },
      { client: reader },
    );
  } catch (error) {
    if (error instanceof ExprError) throw new CLIError('Expression', error.pretty(), error);
    throw new CLIError('Expression', messageOf(error), error);
  }
}

/** Reads what expressions may read through the REST API. It never tells the values of Secrets. */
function restReader(api: ApiClient, project: string): Pick<Reader, 'get'> {
  return {
    async get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Promise<T> {
      const group = GROUPS[kind.kind];
      if (group === undefined || key.namespace !== project)
        throw new CLIError(
          'Expression',
          `the values of a ${kind.kind} are known to the server alone, so this cannot be evaluated here`,
        );
      try {
        const found = await api.call<T>('GET', ['projects', project, group, key.name], {
          operation: `get ${kind.kind} ${key.name}`,
        });
        return { ...found, apiVersion: apiVersionOf(kind), kind: kind.kind };
      } catch (error) {
        if (error instanceof RequestError && error.status === 404) throw notFound(kind as unknown as Kind<KubeObject>, key);
        throw error;
      }
    },
  };
}

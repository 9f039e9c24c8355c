import {
  apiVersionOf,
  ClusterPromotionTask,
  isReason,
  PromotionTask,
  Stage,
  Warehouse,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { hasShape, pipelineFindings, stepFindings, taskFindings, type KnownTasks, type ObjectFinding } from '@kargo/controllers';
import type { Reader } from '@kargo/kube';
import { fieldPath, StepChecker, stepRegistry } from '@kargo/promotion';
import { noteQuestion } from '../audit/audit-requests.ts';
import { HttpError } from '../http/http-error.ts';
import { param } from '../http/query.ts';
import { textBody } from '../http/request-body.ts';
import { parseManifests } from '../manifests/parse-manifests.ts';
import type { Routes } from '../route.ts';

/** How long manifests may be, as sent and as JSON: what is checked holds up everybody else, and grows faster than they do. */
const LIMIT = 64 * 1024;
const WHERE = 'in the project';

/** What would be odd about manifests in a Project: what `kargo lint` finds in files, with what is there already beside them. */
export const lintRoutes: Routes = (server, services) => {
  let checker: StepChecker | undefined;

  server.post('/lint', { bodyLimit: LIMIT }, async (request) => {
    noteQuestion(request);
    const client = services.clientFor(request);
    const project = param(request, 'project');
    const objects = parseManifests(textBody(request));
    // Aliases and merges make far more of few bytes.
    if (JSON.stringify(objects).length > LIMIT) throw new HttpError(413, `manifests to be checked may have ${LIMIT} characters`);
    const [stages, warehouses] = await Promise.all([
      client.list(Stage, { namespace: project }),
      client.list(Warehouse, { namespace: project }),
    ]);
    checker ??= new StepChecker(stepRegistry());
    const given = givenIn(objects, project);
    const fit = given(Stage).filter(hasShape);
    const all = [...new Map([...stages.items, ...fit].map((stage) => [stage.metadata.name, stage])).values()];
    const names = new Set([...warehouses.items, ...given(Warehouse)].map(({ metadata }) => metadata.name ?? ''));
    const ofPipeline = pipelineFindings({ stages: all, warehouses: [...names], where: WHERE });
    const tasks = await tasksOf(client, project, fit, given);

    const findings: object[] = [];
    for (const [index, object] of objects.entries()) {
      const found: ObjectFinding[] = [];
      if ([Stage, PromotionTask, ClusterPromotionTask].some((kind) => isOf(object, kind)) && hasShape(object)) {
        found.push(...stepFindings(object, checker));
        if (isOf(object, Stage) && fit.includes(object as Stage)) {
          found.push(...ofPipeline.filter(({ stage }) => stage === object));
          found.push(...(await taskFindings(object as Stage, project, tasks)));
        }
      }
      findings.push(...found.map((each) => ({ index, ...shown(each) })));
    }
    return { findings };
  });
};

function shown({ path, severity, code, message, suggestion, offset }: ObjectFinding): object {
  return { field: fieldPath(path), severity, code, message, suggestion, offset };
}

function isOf(object: KubeObject, kind: Pick<Kind, 'kind' | 'group' | 'version'>): boolean {
  return object.kind === kind.kind && object.apiVersion === apiVersionOf(kind as Kind);
}

type Given = <T extends KubeObject>(kind: Kind<T>) => T[];

/** Objects of a kind among manifests that are for the Project. */
function givenIn(objects: readonly KubeObject[], project: string): Given {
  return <T extends KubeObject>(kind: Kind<T>) =>
    objects.filter(
      (object) => isOf(object, kind as unknown as Kind) && (object.metadata.namespace ?? project) === project,
    ) as T[];
}

/** Tasks that Stages name. Of those that the caller may not see, nothing is said. */
async function tasksOf(client: Reader, project: string, stages: readonly Stage[], given: Given): Promise<KnownTasks> {
  const references = stages.flatMap(({ spec }) => (spec.promotionTemplate?.spec.steps ?? []).flatMap(({ task }) => task ?? []));
  const known = new Map<string, readonly (PromotionTask | ClusterPromotionTask)[] | undefined>();
  for (const kind of new Set(references.map((each) => each.kind ?? 'PromotionTask'))) {
    try {
      known.set(
        kind,
        kind === 'ClusterPromotionTask'
          ? [...given(ClusterPromotionTask), ...(await client.list(ClusterPromotionTask)).items]
          : [...given(PromotionTask), ...(await client.list(PromotionTask, { namespace: project })).items],
      );
    } catch (error) {
      if (!isReason(error, 'Forbidden')) throw error;
    }
  }
  return {
    where: WHERE,
    names: (kind) =>
      known.get(kind)?.map(({ metadata }) => metadata.name ?? '') ??
      references.filter((each) => (each.kind ?? 'PromotionTask') === kind).map(({ name }) => name),
    find: (kind, name) => known.get(kind)?.find((task) => task.metadata.name === name && hasShape(task)),
  };
}

import {
  type ClusterPromotionTask,
  type Kind,
  type KubeObject,
  notFound,
  type ObjectKey,
  type PromotionTask,
  type Stage,
} from '@kargo/api';
import { type StepChecker, type StepFinding, suggestionFor } from '@kargo/promotion';
import { inflateSteps } from '../admission/inflate-steps.ts';
import { graphFindings, type Pipeline } from './graph.ts';

type Path = readonly (string | number)[];

/** Something that is wrong with an object, or odd, and where. */
export interface ObjectFinding {
  path: Path;
  severity: 'error' | 'warning';
  code: string;
  message: string;
  suggestion?: string | undefined;
  /** Where in the text at `path`, in UTF-16 units. */
  offset?: number | undefined;
  /** Whether it is about the key that the path ends in. */
  atKey?: boolean | undefined;
}

const TEMPLATE: Path = ['spec', 'promotionTemplate', 'spec'];

/** What is wrong with the steps and variables of a Stage or a task. The object must have the shape of its kind. */
export function stepFindings(object: KubeObject, checker: StepChecker): ObjectFinding[] {
  const told = (base: Path, found: readonly StepFinding[]): ObjectFinding[] =>
    found.map(({ path, offset, code, severity, message, suggestion, atKey }) => ({
      path: [...base, ...path],
      severity,
      code,
      message,
      suggestion,
      offset,
      atKey,
    }));
  if (object.kind !== 'Stage') {
    const { spec } = object as PromotionTask;
    return told(['spec'], checker.check({ kind: 'task', steps: spec.steps, vars: spec.vars, knownVars: undefined }));
  }
  const { spec } = object as Stage;
  const template = spec.promotionTemplate?.spec;
  const ofStage = (spec.vars ?? []).map(({ name }) => name);
  return [
    ...told(['spec'], checker.variables(spec.vars ?? [], { level: 'promotion', known: [] })),
    ...told(TEMPLATE, checker.check({ kind: 'stage', steps: template?.steps ?? [], vars: template?.vars, knownVars: ofStage })),
    ...told(
      ['spec', 'verification'],
      checker
        .variables(spec.verification?.args ?? [], { level: 'verification', known: ofStage })
        .map((finding) => ({ ...finding, path: ['args', ...finding.path.slice(1)] })),
    ),
  ];
}

/** Tasks that are there, as far as they are given. */
export interface KnownTasks {
  /** Where they are given: `in these files`. */
  where: string;
  /** Names of all tasks of a kind. */
  names(kind: string): readonly string[];
  /** A task that is fit to be used. */
  find(kind: string, name: string): PromotionTask | ClusterPromotionTask | undefined;
}

/** References of a Stage to tasks that are not there, and variables of theirs that nobody sets. */
export async function taskFindings(stage: Stage, namespace: string, tasks: KnownTasks): Promise<ObjectFinding[]> {
  const template = stage.spec.promotionTemplate?.spec;
  const out: ObjectFinding[] = [];
  for (const [index, step] of (template?.steps ?? []).entries()) {
    if (step.task === undefined) continue;
    const path = [...TEMPLATE, 'steps', index];
    const { kind = 'PromotionTask', name } = step.task;
    const names = tasks.names(kind);
    if (!names.includes(name)) {
      out.push({
        path: [...path, 'task', 'name'],
        severity: 'warning',
        code: 'unknown-task',
        message: `there is no ${kind} "${name}" ${tasks.where}`,
        ...suggestionFor(name, names),
      });
      continue;
    }
    const task = tasks.find(kind, name);
    if (task === undefined) continue;
    const reader = {
      get: async <T extends KubeObject>(wanted: Kind<T>, key: ObjectKey): Promise<T> => {
        if (key.name !== name) throw notFound(wanted as unknown as Kind, key);
        return task as unknown as T;
      },
    };
    const inflation = await inflateSteps(reader, namespace, [step], [...(stage.spec.vars ?? []), ...(template?.vars ?? [])]);
    if (inflation.kind === 'refused')
      out.push(
        ...inflation.problems.map(({ detail }): ObjectFinding => ({
          path,
          severity: 'error',
          code: 'missing-variable',
          message: detail,
        })),
      );
  }
  return out;
}

/** What is wrong with how Stages stand behind each other, by the Stage that it is about. */
export function pipelineFindings(pipeline: Pipeline): (ObjectFinding & { stage: Stage })[] {
  return graphFindings(pipeline).map(({ stage, request, upstream, code, severity, message, name, known }) => {
    const path = ['spec', 'requestedFreight', request];
    const at =
      code === 'unknown-warehouse'
        ? [...path, 'origin', 'name']
        : upstream === undefined
          ? [...path, 'sources']
          : [...path, 'sources', 'stages', upstream];
    return { stage, path: at, severity, code, message, ...(name === undefined ? {} : suggestionFor(name, known ?? [])) };
  });
}

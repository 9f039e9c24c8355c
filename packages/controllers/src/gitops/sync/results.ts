/** Results of the tasks of a sync, as they stand in `operationState.syncResult.resources`. */
import type { KubeObject, OperationState } from '@kargo/api';
import type { ApplyResult } from '../destinations/port.ts';
import type { SyncTask } from './plan.ts';

export interface ResourceResult {
  group: string;
  version: string;
  kind: string;
  namespace: string;
  name: string;
  status?: ApplyResult['status'] | undefined;
  message: string;
  syncPhase: string;
  /** How a hook stands. */
  hookPhase?: 'Running' | 'Succeeded' | 'Failed' | undefined;
  images?: string[] | undefined;
}

/** The results of an operation so far, by task; later ones replace earlier ones. */
export class SyncResults {
  readonly #byTask = new Map<string, ResourceResult>();

  constructor(state: OperationState) {
    for (const result of (state.syncResult?.resources ?? []) as unknown as ResourceResult[])
      this.#byTask.set(keyOf(result), result);
  }

  of(task: SyncTask): ResourceResult | undefined {
    return this.#byTask.get(keyOf(identityOf(task)));
  }

  set(task: SyncTask, result: Pick<ResourceResult, 'status' | 'message' | 'hookPhase'>): void {
    const identity = identityOf(task);
    const images = task.action === 'apply' ? imagesOf(task) : [];
    this.#byTask.set(keyOf(identity), { ...identity, ...result, ...(images.length === 0 ? {} : { images }) });
  }

  /** Takes back what was said of a task that has to be done again. */
  forget(task: SyncTask): void {
    this.#byTask.delete(keyOf(identityOf(task)));
  }

  all(): ResourceResult[] {
    return [...this.#byTask.values()].map(
      (result) =>
        Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined)) as unknown as ResourceResult,
    );
  }

  /** Whether an object could not be applied, or a hook failed that is not itself there for failures. */
  failures(): ResourceResult[] {
    return [...this.#byTask.values()].filter(
      ({ status, hookPhase, syncPhase }) => syncPhase !== 'SyncFail' && (status === 'SyncFailed' || hookPhase === 'Failed'),
    );
  }
}

function identityOf({ comparison: { kind, target, live }, phase }: SyncTask): Omit<ResourceResult, 'message'> {
  const { metadata } = (target ?? live) as KubeObject;
  return {
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    syncPhase: phase,
  };
}

function keyOf({ group, kind, namespace, name, syncPhase }: Omit<ResourceResult, 'message'>): string {
  return [group, kind, namespace, name, syncPhase].join('/');
}

/** Images of the main containers of what is applied. */
function imagesOf({ comparison: { target } }: SyncTask): string[] {
  const spec = (target?.spec ?? {}) as {
    containers?: { image?: string }[];
    template?: { spec?: { containers?: { image?: string }[] } };
    jobTemplate?: { spec?: { template?: { spec?: { containers?: { image?: string }[] } } } };
  };
  const containers =
    spec.template?.spec?.containers ?? spec.jobTemplate?.spec?.template?.spec?.containers ?? spec.containers ?? [];
  return Array.isArray(containers) ? containers.flatMap(({ image }) => image ?? []) : [];
}

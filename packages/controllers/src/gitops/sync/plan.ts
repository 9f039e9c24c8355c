/** What a sync does, step by step. Pure. */
import type { KubeObject, Operation, Workload } from '@kargo/api';
import type { Comparison } from '../compare.ts';
import { definedKind, describeObject, TRACKING_ANNOTATION } from '../manifest.ts';
import { hookPhases, isHook, type HookPhase } from './hooks.ts';
import { hasSyncOption } from './options.ts';
import { byKindThenName, waveOf } from './order.ts';

/** One thing a sync does with one object. */
export interface SyncTask {
  action: 'apply' | 'hook' | 'prune' | 'skipPrune' | 'confirmPrune';
  phase: HookPhase;
  wave: number;
  comparison: Comparison;
  /** Object, and phase of a hook that runs in several: names the task over all passes of an operation. */
  id: string;
}

/** Tasks that go together: the next step begins when this one is through. */
export interface SyncStep {
  phase: HookPhase;
  tasks: SyncTask[];
}

export interface SyncPlan {
  steps: SyncStep[];
  /** Hooks that run when a step has failed. */
  onFailure: SyncTask[];
  /** Objects that stay though they are no longer desired. */
  skipped: SyncTask[];
}

type Sync = NonNullable<Operation['sync']>;

interface ResourceFilter {
  group?: string;
  kind?: string;
  name?: string;
  namespace?: string;
}

const PHASE_ORDER: readonly HookPhase[] = ['PreSync', 'Sync', 'PostSync'];

/** Whether a sync is of named objects only: it runs no hooks and is not kept in the history. */
export function isPartial(sync: Sync | undefined): boolean {
  return filtersOf(sync).length > 0;
}

/**
 * The plan of an operation: hooks before, objects by wave, what is to be pruned in reverse order, hooks after. A partial sync, and one
 * with the `apply` strategy, has no hooks, nor has one where hooks cannot be run. `suffix` completes the names of hooks that only have a
 * `generateName`.
 */
export function planSync(
  comparisons: readonly Comparison[],
  sync: Sync = {},
  syncOptions: readonly string[] = [],
  { hooks = true, suffix = () => '' }: { hooks?: boolean; suffix?: (phase: HookPhase) => string } = {},
): SyncPlan {
  const filters = filtersOf(sync);
  const chosen = comparisons.filter(({ target, live }) => matches((target ?? live) as KubeObject, filters));
  const withHooks = hooks && filters.length === 0 && strategyOf(sync)?.apply === undefined;
  const tasks = pullForward([
    ...chosen.flatMap(applyTasks),
    ...(withHooks ? chosen.flatMap((comparison) => hookTasks(comparison, suffix)) : []),
  ]);
  const prunes = pruneTasks(chosen, sync.prune === true, syncOptions, tasks);
  const onFailure = tasks.filter(({ phase }) => phase === 'SyncFail').toSorted(order);
  const skipped = prunes.filter(({ action }) => action === 'skipPrune');
  const due = [...tasks, ...prunes].filter((task) => task.phase !== 'SyncFail' && task.action !== 'skipPrune').toSorted(order);
  const steps: SyncStep[] = [];
  let last: SyncTask | undefined;
  for (const task of due) {
    if (last === undefined || task.phase !== last.phase || task.wave !== last.wave) steps.push({ phase: task.phase, tasks: [] });
    steps.at(-1)?.tasks.push(task);
    last = task;
  }
  return { steps, onFailure, skipped };
}

function applyTasks(comparison: Comparison): SyncTask[] {
  const { target } = comparison;
  if (target === undefined || isHook(target)) return [];
  return [{ action: 'apply', phase: 'Sync', wave: waveOf(target), comparison, id: describeObject(target) }];
}

function hookTasks(comparison: Comparison, suffix: (phase: HookPhase) => string): SyncTask[] {
  const { target: declared } = comparison;
  if (declared === undefined) return [];
  return hookPhases(declared).map((phase) => {
    const target = named(declared, suffix(phase));
    return {
      action: 'hook',
      phase,
      wave: waveOf(target),
      comparison: { ...comparison, target },
      id: `${describeObject(target)} ${phase}`,
    };
  });
}

function named(hook: Workload, suffix: string): Workload {
  const { name, generateName, annotations, ...metadata } = hook.metadata;
  if (name !== undefined || generateName === undefined) return hook;
  const tracking = annotations?.[TRACKING_ANNOTATION];
  return {
    ...hook,
    metadata: {
      ...metadata,
      name: `${generateName}${suffix}`,
      // It names the object, and so ends with what there was of a name.
      annotations: { ...annotations, ...(tracking === undefined ? {} : { [TRACKING_ANNOTATION]: `${tracking}${suffix}` }) },
    },
  };
}

/** Namespaces and definitions of kinds go with, and before, the first that cannot be without them. */
function pullForward(tasks: readonly SyncTask[]): SyncTask[] {
  return tasks.map((task) => {
    const needs = task.action === 'apply' ? neededBy(task) : undefined;
    if (needs === undefined) return task;
    const [first] = tasks.filter((other) => other !== task && needs(other)).toSorted(byPhaseThenWave);
    if (first === undefined || byPhaseThenWave(first, task) >= 0) return task;
    return { ...task, phase: first.phase, wave: first.wave };
  });
}

/** Which tasks cannot go before this one. */
function neededBy({ comparison: { kind, target } }: SyncTask): ((other: SyncTask) => boolean) | undefined {
  if (target === undefined) return undefined;
  if (kind.kind === 'Namespace' && kind.group === '')
    return ({ phase, comparison }) => phase !== 'SyncFail' && comparison.target?.metadata.namespace === target.metadata.name;
  if (kind.kind !== 'CustomResourceDefinition') return undefined;
  return ({ phase, comparison }) =>
    phase !== 'SyncFail' && comparison.target !== undefined && definedKind(comparison.target, [target]) !== undefined;
}

function byPhaseThenWave(a: SyncTask, b: SyncTask): number {
  return PHASE_ORDER.indexOf(a.phase) - PHASE_ORDER.indexOf(b.phase) || a.wave - b.wave;
}

/** With the last that is applied and after it, highest wave first, so that nothing goes before what needed it; `PruneLast` after the rest. */
function pruneTasks(
  comparisons: readonly Comparison[],
  prune: boolean,
  syncOptions: readonly string[],
  applied: readonly SyncTask[],
): SyncTask[] {
  const doomed = comparisons.filter(({ requiresPruning, live }) => requiresPruning && live !== undefined && !isHook(live));
  const isLast = (live: Workload): boolean => syncOptions.includes('PruneLast=true') || hasSyncOption(live, 'PruneLast=true');
  const waves = doomed.flatMap(({ live }) => (live === undefined || isLast(live) ? [] : [waveOf(live)]));
  const top = Math.max(...waves);
  const last = waves.length === 0 ? 0 : top - Math.min(...waves);
  const highest = Math.max(0, ...applied.filter(({ phase }) => phase === 'Sync').map(({ wave }) => wave));
  return doomed.map((comparison) => {
    const live = comparison.live as Workload;
    const keep = !prune || hasSyncOption(live, 'Prune=false');
    return {
      action: keep ? 'skipPrune' : hasSyncOption(live, 'Prune=confirm') ? 'confirmPrune' : 'prune',
      phase: 'Sync',
      wave: highest + (isLast(live) ? last + 1 : top - waveOf(live)),
      comparison,
      id: describeObject(live),
    };
  });
}

function order(a: SyncTask, b: SyncTask): number {
  const object = ({ comparison: { target, live } }: SyncTask): KubeObject => (target ?? live) as KubeObject;
  const kinds = byKindThenName(object(a), object(b));
  return byPhaseThenWave(a, b) || Number(isPrune(a)) - Number(isPrune(b)) || (isPrune(a) ? -kinds : kinds);
}

function isPrune({ action }: SyncTask): boolean {
  return action === 'prune' || action === 'confirmPrune';
}

function filtersOf(sync: Sync | undefined): ResourceFilter[] {
  return (sync as { resources?: ResourceFilter[] } | undefined)?.resources ?? [];
}

function strategyOf(sync: Sync): { apply?: unknown } | undefined {
  return (sync as { syncStrategy?: { apply?: unknown } }).syncStrategy;
}

function matches({ apiVersion, kind, metadata }: KubeObject, filters: readonly ResourceFilter[]): boolean {
  if (filters.length === 0) return true;
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return filters.some(
    (filter) =>
      (filter.group ?? '') === group &&
      filter.kind === kind &&
      filter.name === metadata.name &&
      ((filter.namespace ?? '') === '' || filter.namespace === metadata.namespace),
  );
}

import { isReason, type Application, type KubeObject, type OperationState, type Workload } from '@kargo/api';
import type { Comparison } from '../compare.ts';
import type { ApplyOptions, ApplyResult, Destination, Going, PruneOptions } from '../destinations/port.ts';
import type { ObjectHealth } from '../health/health.ts';
import { definedKind, describeObject, type Manifest } from '../manifest.ts';
import { operationRevisions } from '../source.ts';
import { deletePolicies } from './hooks.ts';
import { respectIgnored } from './respect.ts';
import { hasSyncOption } from './options.ts';
import { planSync, type SyncPlan, type SyncStep, type SyncTask } from './plan.ts';
import { SyncResults, type ResourceResult } from './results.ts';

/** How a sync stands after one look: over, or waiting for what the message says. */
export interface SyncOutcome {
  phase: 'Running' | 'Succeeded' | 'Failed';
  message: string;
  resources: ResourceResult[];
  /** What it waits for may come about without a change of any object of the Application. */
  unseen?: boolean | undefined;
}

export interface SyncInput {
  app: Application;
  state: OperationState;
  comparisons: readonly Comparison[];
  manifests: readonly Manifest[];
  /** Objects that must not be applied, and why. */
  forbidden: readonly { object: string; why: string }[];
  /** Objects that another Application has as well. */
  shared: readonly { object: string; owner: string }[];
  destination: Destination;
  /** Changes a hook before it is made. */
  prepareHook?: ((hook: Workload) => Workload) | undefined;
  signal: AbortSignal;
}

/** Annotation with which a demo or test makes a sync fail. */
export const SYNC_ERROR_ANNOTATION = 'simulate.kargo.akuity.io/sync-error';
/** Annotation on an Application: when (RFC 3339) somebody confirmed that objects may be pruned that ask for it. */
export const PRUNE_CONFIRMED_ANNOTATION = 'argocd.argoproj.io/deletion-approved';

/**
 * Carries a sync on as far as it goes now. Every step but the last waits until what it applied is healthy; hooks are always waited for.
 * Applying is repeatable and the results of earlier looks are kept, so a sync that was interrupted simply goes on.
 */
export async function syncStep(input: SyncInput): Promise<SyncOutcome> {
  return new Sync(input).carryOn();
}

class Sync {
  readonly #input: SyncInput;
  readonly #results: SyncResults;
  /** What is being deleted, to be made anew once it is gone. Nobody need have tracked it. */
  readonly #going: SyncTask[] = [];

  constructor(input: SyncInput) {
    this.#input = input;
    this.#results = new SyncResults(input.state);
  }

  async carryOn(): Promise<SyncOutcome> {
    const { app, state, manifests, destination, signal } = this.#input;
    const { sync } = state.operation;
    const injected = app.metadata.annotations?.[SYNC_ERROR_ANNOTATION];
    if (injected !== undefined) return this.#outcome('Failed', `one or more objects failed to apply, reason: ${injected}`);
    const refusal = this.#refusal();
    if (refusal !== undefined) return this.#outcome('Failed', refusal);
    const plan = this.#plan();
    const dryRun = sync?.dryRun === true;
    if (!dryRun) await destination.ensureNamespaces(app, manifests, { create: this.#has('CreateNamespace=true'), signal });
    for (const task of plan.skipped)
      this.#results.set(task, {
        status: 'PruneSkipped',
        message: sync?.prune === true ? 'ignored (no prune)' : 'ignored (requires pruning)',
      });
    if (this.#results.failures().length === 0) {
      const refused = await this.#tryAll(plan.steps);
      if (refused !== undefined || dryRun) return refused ?? this.#outcome('Succeeded', 'successfully synced (dry run)');
      for (const [index, step] of plan.steps.entries()) {
        const waitsFor = await this.#step(step, index === plan.steps.length - 1);
        if (this.#results.failures().length > 0) break;
        if (waitsFor !== undefined) return { ...this.#outcome('Running', waitsFor), unseen: this.#going.length > 0 };
      }
    }
    if (this.#results.failures().length > 0) return this.#fail(plan.onFailure);
    await this.#deleteHooks(plan.steps.flatMap(({ tasks }) => tasks));
    return this.#outcome(
      'Succeeded',
      plan.steps.length === 0 ? 'successfully synced (no more tasks)' : 'successfully synced (all tasks run)',
    );
  }

  /** A dry run of everything, at the beginning of an operation: if one object is refused, nothing is applied. */
  async #tryAll(steps: readonly SyncStep[]): Promise<SyncOutcome | undefined> {
    const tasks = steps.flatMap((step) => step.tasks).filter(({ action }) => action === 'apply');
    if (tasks.some((task) => this.#results.of(task) !== undefined)) return undefined; // Already under way.
    const refused: string[] = [];
    for (const task of tasks) {
      if (task.comparison.synced) continue;
      const result = await this.#try(task);
      if (result?.status !== 'SyncFailed') continue;
      this.#results.set(task, result);
      refused.push(`${describe(task)}: ${result.message}`);
    }
    if (refused.length === 0) return undefined;
    return this.#outcome('Failed', `one or more objects failed to apply (dry run), reason: ${refused.join(', ')}`);
  }

  #respecting(comparison: Comparison): Comparison {
    return respectIgnored(this.#input.app, comparison, this.#syncOptions());
  }

  #syncOptions(): readonly string[] {
    const { app, state } = this.#input;
    return state.operation.sync?.syncOptions ?? app.spec.syncPolicy?.syncOptions ?? [];
  }

  /** Whether the Application, or one object, has a sync option. */
  #has(option: string, object?: KubeObject): boolean {
    return this.#syncOptions().includes(option) || (object !== undefined && hasSyncOption(object, option));
  }

  #plan(): SyncPlan {
    const { comparisons, state, destination } = this.#input;
    return planSync(comparisons, state.operation.sync, this.#syncOptions(), {
      hooks: destination.runsHooks,
      suffix: hookSuffix(state),
    });
  }

  /** Why nothing of this may be applied at all. */
  #refusal(): string | undefined {
    const { forbidden, shared } = this.#input;
    if (forbidden.length > 0)
      return `one or more synchronization tasks are not valid: ${forbidden.map(({ object, why }) => `${object}: ${why}`).join(', ')}`;
    if (shared.length > 0 && this.#has('FailOnSharedResource=true'))
      return `Shared resource found: ${shared.map(({ object, owner }) => `${object} is part of ${owner} too`).join(', ')}`;
    return undefined;
  }

  #applyOptions(target: KubeObject, dryRun: boolean): ApplyOptions {
    const { state, signal } = this.#input;
    const strategy = (
      state.operation.sync as { syncStrategy?: { apply?: { force?: boolean }; hook?: { force?: boolean } } } | undefined
    )?.syncStrategy;
    return {
      dryRun,
      replace: this.#has('Replace=true', target),
      force: this.#has('Force=true', target) || strategy?.apply?.force === true || strategy?.hook?.force === true,
      validate: !this.#has('Validate=false', target),
      signal,
    };
  }

  #pruneOptions(): PruneOptions {
    const asked = this.#syncOptions()
      .find((option) => option.startsWith('PrunePropagationPolicy='))
      ?.split('=')[1]
      ?.toLowerCase();
    const propagation = (['Foreground', 'Background', 'Orphan'] as const).find((policy) => policy.toLowerCase() === asked);
    return { ...(propagation === undefined ? {} : { propagation }), signal: this.#input.signal };
  }

  /** A dry run of one task; nothing if its namespace is not there yet, as in a dry run of a whole sync. */
  async #try({ comparison }: SyncTask): Promise<ApplyResult | Going | undefined> {
    const { target } = comparison;
    if (target === undefined) throw new Error('programmer error: there is nothing to try');
    try {
      return await this.#input.destination.apply(this.#respecting(comparison), this.#applyOptions(target, true));
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** Carries a step out as far as it goes. Returns what it waits for, or nothing if the next may begin. */
  async #step({ tasks }: SyncStep, isLast: boolean): Promise<string | undefined> {
    const { destination } = this.#input;
    const unhealthy: SyncTask[] = [];
    const hooks: SyncTask[] = [];
    for (const task of tasks) {
      if (task.action === 'hook') {
        if (!(await this.#hookIsOver(task))) hooks.push(task);
      } else if (task.action === 'apply') {
        if (!(await this.#applied(task, isLast))) unhealthy.push(task);
      } else if (task.action === 'confirmPrune' && !this.#isConfirmed()) {
        return `waiting for pruning confirmation of ${shortName(task)}: set the annotation ${PRUNE_CONFIRMED_ANNOTATION} to the present time`;
      } else this.#results.set(task, await destination.prune(task.comparison, this.#pruneOptions()));
    }
    const [going] = this.#going;
    if (going !== undefined) return `waiting for deletion of ${shortName(going)}${more(this.#going)}`;
    const [hook] = hooks;
    if (hook !== undefined) return `waiting for completion of hook ${shortName(hook)}${more(hooks)}`;
    const [first] = unhealthy;
    if (first === undefined || (isLast && !tasks.some(({ action }) => action === 'hook'))) return undefined;
    return `waiting for healthy state of ${shortName(first)}${more(unhealthy)}`;
  }

  /** Applies an object unless it is as it should be. Returns whether it is healthy, as far as its kind can be. */
  async #applied(task: SyncTask, isLast: boolean): Promise<boolean> {
    const { destination } = this.#input;
    const { comparison } = task;
    const { target } = comparison;
    if (target === undefined) throw new Error(`programmer error: ${task.id} has no manifest`);
    const earlier = this.#results.of(task);
    if (earlier?.status === 'Synced' && comparison.live === undefined && (await this.#find(task)) === undefined) {
      this.#results.set(task, { status: 'SyncFailed', message: 'it was deleted while the sync went on' });
      return false;
    }
    if (!comparison.synced || earlier === undefined) {
      const result =
        comparison.synced && !this.#isMadeAnew(target)
          ? { status: 'Synced' as const, message: 'unchanged' }
          : await this.#apply(task, target);
      if (result.status === 'Going') {
        this.#going.push(task);
        // Or the next look would take it for deleted by somebody else.
        this.#results.forget(task);
        return false;
      }
      // What an earlier look did says more than that there was nothing left to do.
      if (earlier === undefined || result.status === 'SyncFailed') this.#results.set(task, result);
    }
    const live = comparison.synced ? comparison.live : undefined;
    const health = live === undefined ? this.#expectedHealth(comparison) : destination.healthOf(live);
    if (live !== undefined && health?.status === 'Degraded' && !isLast)
      this.#results.set(task, { status: 'SyncFailed', message: `${health.status}: ${health.message ?? ''}` });
    return health === undefined || health.status === 'Healthy' || health.status === 'Suspended';
  }

  /** Whether an object is made anew by every sync, as a Job is that should run each time. */
  #isMadeAnew(target: KubeObject): boolean {
    const { replace, force } = this.#applyOptions(target, false);
    return replace === true && force === true && !this.#has('ApplyOutOfSyncOnly=true');
  }

  async #apply({ comparison: { kind, ...comparison } }: SyncTask, target: KubeObject): Promise<ApplyResult | Going> {
    const { destination, manifests } = this.#input;
    try {
      return await destination.apply(this.#respecting({ kind, ...comparison }), this.#applyOptions(target, false));
    } catch (error) {
      if (!isReason(error, 'NotFound') || (await destination.kindOf(target, this.#input.signal)) !== undefined) throw error;
      // A kind that this very sync defines is served in a moment; any other is the matter of somebody else.
      const defined = definedKind(
        target,
        manifests.map(({ object }) => object),
      );
      if (defined !== undefined) throw error;
      return {
        status: 'SyncFailed',
        message: `${destination.title} does not serve ${kind.kind} (${target.apiVersion}): ${error.message}`,
      };
    }
  }

  /** Makes a hook, or looks at it. Returns whether it is over, for better or worse. */
  async #hookIsOver(task: SyncTask): Promise<boolean> {
    const { destination, prepareHook } = this.#input;
    const { kind, target } = task.comparison;
    if (target === undefined) throw new Error(`programmer error: hook ${task.id} has no manifest`);
    const known = this.#results.of(task)?.hookPhase;
    if (known === 'Succeeded' || known === 'Failed') return true;
    const live = await this.#find(task);
    if (known === undefined) {
      if (live !== undefined) {
        // Of an earlier sync: it goes first, and is made when it is gone.
        await this.#delete(task);
        return false;
      }
      const made = prepareHook?.(target) ?? target;
      const comparison = { ...task.comparison, target: made, live: undefined };
      const result = await destination.apply(comparison, { dryRun: false, signal: this.#input.signal });
      if (result.status === 'SyncFailed') this.#results.set(task, { ...result, hookPhase: 'Failed' });
      else
        this.#results.set(task, {
          hookPhase: destination.healthOf(target) === undefined ? 'Succeeded' : 'Running',
          message: `${kind.kind} created`,
        });
      return this.#results.of(task)?.hookPhase !== 'Running';
    }
    if (live === undefined) {
      this.#results.set(task, { hookPhase: 'Failed', message: 'the hook was deleted before it had ended' });
      return true;
    }
    const health = destination.healthOf(live) ?? ENDED;
    if (health.status === 'Healthy')
      this.#results.set(task, { hookPhase: 'Succeeded', message: health.message ?? 'hook succeeded' });
    else if (health.status === 'Degraded')
      this.#results.set(task, { hookPhase: 'Failed', message: health.message ?? 'hook failed' });
    return health.status === 'Healthy' || health.status === 'Degraded';
  }

  async #fail(onFailure: readonly SyncTask[]): Promise<SyncOutcome> {
    const pending: SyncTask[] = [];
    for (const task of onFailure) if (!(await this.#hookIsOver(task))) pending.push(task);
    const [first] = pending;
    if (first !== undefined)
      return this.#outcome('Running', `waiting for completion of hook ${shortName(first)}${more(pending)}`);
    const failures = this.#results.failures();
    const reasons = failures.map(({ kind, name, message }) => `${kind}/${name}: ${message}`).join(', ');
    const what = failures.some(({ hookPhase, message }) => hookPhase === 'Failed' || message.startsWith('Degraded'))
      ? 'one or more synchronization tasks completed unsuccessfully'
      : 'one or more objects failed to apply';
    const failed = onFailure.filter((task) => this.#results.of(task)?.hookPhase === 'Failed');
    const also = failed.map((task) => `\n${shortName(task)}: ${this.#results.of(task)?.message}`).join('');
    const plan = this.#plan();
    await this.#deleteHooks([...plan.steps.flatMap(({ tasks }) => tasks), ...onFailure]);
    return this.#outcome('Failed', `${what}, reason: ${reasons}${also}`);
  }

  /** Removes hooks that have ended, where their policy says so. */
  async #deleteHooks(tasks: readonly SyncTask[]): Promise<void> {
    for (const task of tasks) {
      const ended = this.#results.of(task)?.hookPhase;
      if (task.action !== 'hook' || task.comparison.target === undefined) continue;
      const policies = deletePolicies(task.comparison.target);
      if (
        (ended === 'Succeeded' && policies.includes('HookSucceeded')) ||
        (ended === 'Failed' && policies.includes('HookFailed'))
      )
        await this.#delete(task);
    }
  }

  #isConfirmed(): boolean {
    const { app, state } = this.#input;
    const at = Date.parse(app.metadata.annotations?.[PRUNE_CONFIRMED_ANNOTATION] ?? '');
    return at >= Date.parse(state.startedAt);
  }

  async #find({ comparison: { kind, target } }: SyncTask): Promise<Workload | undefined> {
    if (target === undefined) throw new Error('programmer error: there is nothing to find');
    return this.#input.destination.find({ kind, object: target }, this.#input.signal);
  }

  async #delete({ comparison }: SyncTask): Promise<void> {
    const { destination, signal } = this.#input;
    await destination.prune({ ...comparison, live: comparison.target }, { propagation: 'Background', signal });
  }

  /** What has just been applied is not healthy yet, if its kind has health at all. */
  #expectedHealth({ target }: Comparison): ObjectHealth | undefined {
    const health = target === undefined ? undefined : this.#input.destination.healthOf(target);
    return health === undefined || health.status === 'Healthy' ? health : { status: 'Progressing' };
  }

  #outcome(phase: SyncOutcome['phase'], message: string): SyncOutcome {
    return { phase, message, resources: this.#results.all() };
  }
}

/** What makes the names of hooks that only have a beginning of one: the same over all passes of an operation, and of no other. */
function hookSuffix(state: OperationState): (phase: string) => string {
  const [revision = ''] = operationRevisions(state);
  const startedAt = Date.parse(state.startedAt) / 1000;
  return (phase) => `${revision.slice(0, 7)}-${phase.toLowerCase()}-${startedAt}`;
}

/** Deletes the hooks of an operation that are still running. */
export async function stopHooks({ destination, comparisons, state, signal }: SyncInput): Promise<void> {
  const results = new SyncResults(state);
  const { steps, onFailure } = planSync(comparisons, state.operation.sync, [], { suffix: hookSuffix(state) });
  for (const task of [...steps.flatMap(({ tasks }) => tasks), ...onFailure])
    if (task.action === 'hook' && results.of(task)?.hookPhase === 'Running')
      await destination.prune({ ...task.comparison, live: task.comparison.target }, { propagation: 'Background', signal });
}

/** A hook is over when it has run to its end. Kinds without health are over once they exist. */
const ENDED: ObjectHealth = { status: 'Healthy' };

function describe({ comparison: { target, live } }: SyncTask): string {
  return describeObject((target ?? live) as KubeObject);
}

function shortName(task: SyncTask): string {
  const { target, live } = task.comparison;
  return `${describe(task).split(':')[0] ?? ''}/${(target ?? live)?.metadata.name ?? ''}`;
}

function more(tasks: readonly unknown[]): string {
  return tasks.length > 1 ? ` and ${tasks.length - 1} more resources` : '';
}

/** What pushing to a branch takes, whichever way the commits get there. */
import { GitError, type WorkTree } from '@kargo/integrations';
import type { StepContext, StepPorts } from '../../step.ts';
import { TerminalStepError } from '../../step.ts';

/** Where a step pushes to. */
export interface TargetConfig {
  path: string;
  targetBranch?: string | undefined;
  branch?: string | undefined;
  generateTargetBranch?: boolean | undefined;
}

const DEFAULT_ATTEMPTS = 10;
/** Milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/** The branch that is pushed to. Fails for good if none can be told. */
export async function targetOf(
  { config, promotion }: Pick<StepContext<TargetConfig>, 'config' | 'promotion'>,
  tree: WorkTree,
): Promise<string> {
  const { targetBranch = '', branch = '' } = config;
  if (targetBranch !== '' && branch !== '' && targetBranch !== branch)
    throw new TerminalStepError(`branch "${branch}" and targetBranch "${targetBranch}" differ; give only one of them`, {
      status: 'Failed',
    });
  if (config.generateTargetBranch === true) return `kargo/promotion/${promotion.name}`;
  const named = targetBranch === '' ? branch : targetBranch;
  const target = named === '' ? await tree.branch() : named;
  if (target === undefined)
    throw new TerminalStepError(`no branch is checked out at "${config.path}"; say with targetBranch where to push`, {
      status: 'Failed',
    });
  return target;
}

/** One way of pushing to a branch. */
export interface Pushing {
  branch: string;
  remoteURL: string;
  maxAttempts: number | undefined;
  /** Brings local commits together with new ones of the remote; absent if what the remote has is overwritten. */
  integrate: (() => Promise<void>) | undefined;
  /** False if the remote has moved, so that trying again can help. */
  push: () => Promise<boolean>;
}

/** Pushes, integrates and pushes again, with growing pauses, until the remote accepts or all attempts are used up. */
export async function pushUntilAccepted(
  { signal, log }: Pick<StepContext<unknown>, 'signal' | 'log'>,
  { clock, random }: Pick<StepPorts, 'clock' | 'random'>,
  { branch, remoteURL, integrate, push, ...pushing }: Pushing,
): Promise<void> {
  // Mostly the remote has not moved since the clone: then there is nothing to integrate, and the remote itself refuses if there is.
  if (await push()) return;
  const attempts = pushing.maxAttempts ?? DEFAULT_ATTEMPTS;
  let pause = FIRST_PAUSE;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    await integrate?.();
    if (await push()) return;
    log.debug({ branch, attempt }, 'push was rejected; trying again');
    if (attempt === attempts) break;
    await clock.sleep(pause * (1 + random.next() / 2), { signal });
    pause = Math.min(LONGEST_PAUSE, pause * 1.5);
  }
  throw new Error(`branch "${branch}" of ${remoteURL} kept moving: every push came too late, ${attempts} attempts in all`);
}

/** False if the remote rejected the push because it has moved. */
export async function isAccepted(push: Promise<void>): Promise<boolean> {
  try {
    await push;
    return true;
  } catch (error) {
    if (error instanceof GitError && error.code === 'rejected') return false;
    throw error;
  }
}

/**
 * Brings the local commits to a branch by the operator's policy. False if the branch kept moving. Conflicts, and what the policy
 * prohibits, are final.
 */
export async function land(
  { signal, startedAt }: Pick<StepContext<unknown>, 'signal' | 'startedAt'>,
  { gitIntegrationPolicy: policy = 'AlwaysRebase' }: Pick<StepPorts, 'gitIntegrationPolicy'>,
  tree: WorkTree,
  branch: string,
): Promise<boolean> {
  const outcome = await finalIfConflict(branch, tree.land({ branch, policy, date: startedAt, signal }));
  if (outcome === 'unsafe') throw unsafe(branch);
  return outcome === 'landed';
}

/** Brings local commits together with those of a branch by the operator's policy. Conflicts, and what the policy prohibits, are final. */
export async function integrate(
  { signal, startedAt }: Pick<StepContext<unknown>, 'signal' | 'startedAt'>,
  { gitIntegrationPolicy: policy = 'AlwaysRebase' }: Pick<StepPorts, 'gitIntegrationPolicy'>,
  tree: WorkTree,
  branch: string,
): Promise<void> {
  const outcome = await finalIfConflict(branch, tree.integrate(branch, { policy, date: startedAt, signal }));
  if (outcome === 'unsafe') throw unsafe(branch);
}

async function finalIfConflict<T>(branch: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== 'conflict') throw error;
    throw new TerminalStepError(
      `merge conflict: what was committed here cannot be brought together with branch "${branch}" of the remote; promote again to start from its newest state: ${error.message}`,
      { status: 'Failed', cause: error },
    );
  }
}

function unsafe(branch: string): TerminalStepError {
  return new TerminalStepError(
    `rebase is unsafe and policy prohibits merge fallback: replaying the commits on branch "${branch}" would change which of them are signed; promote again to start from its newest state`,
    { status: 'Failed' },
  );
}

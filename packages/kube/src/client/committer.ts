import { isReason, keyOf, keyText, type Kind, type KubeObject } from '@kargo/api';
import { equal } from '../objects/equal.ts';
import { createMergePatch } from '../objects/merge-patch.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { PatchOptions, Writer } from './client.ts';

/** The least a committer needs of a client. */
export type Patcher = Pick<Writer, 'patch'>;

export type CommitOptions = Pick<PatchOptions, 'signal' | 'fieldManager' | 'dryRun' | 'onWarning'>;

/**
 * Writes the difference of status between what was read and what is wanted, as one merge patch that only succeeds while nobody else
 * wrote the object. Nothing is written, and `before` returned, when there is no difference. Fails with `Conflict` on a concurrent
 * write, with `NotFound` when the object (or this incarnation of it) is gone. A difference outside status is a programmer error.
 */
export async function commitStatus<T extends KubeObject>(
  client: Patcher,
  kind: Kind<T>,
  before: T,
  after: T,
  options: CommitOptions = {},
): Promise<T> {
  const { statusPatch, restPatch } = compare(kind, before, after);
  if (restPatch !== undefined)
    throw new Error(
      `programmer error: committing the status of ${describe(kind, before)}, but ${changed(restPatch)} changed too; commit them apart`,
    );
  if (statusPatch === undefined) return before;
  const body = { metadata: preconditions(kind, before), ...statusPatch };
  return client.patch(
    kind,
    keyOf(before),
    { type: 'merge', body },
    kind.statusSubresource ? { ...options, subresource: 'status' } : options,
  );
}

/**
 * Writes the difference of everything but status: metadata, spec, data. Otherwise as {@link commitStatus}. For kinds without a status
 * subresource, status is part of the object and written with it.
 */
export async function commitObject<T extends KubeObject>(
  client: Patcher,
  kind: Kind<T>,
  before: T,
  after: T,
  options: CommitOptions = {},
): Promise<T> {
  const { statusPatch, restPatch } = compare(kind, before, after);
  if (kind.statusSubresource && statusPatch !== undefined)
    throw new Error(
      `programmer error: committing ${describe(kind, before)}, but its status changed too; status is committed on its own`,
    );
  if (restPatch === undefined && statusPatch === undefined) return before;
  const { metadata, ...rest } = restPatch ?? {};
  const body = { ...statusPatch, ...rest, metadata: { ...(metadata as object | undefined), ...preconditions(kind, before) } };
  return client.patch(kind, keyOf(before), { type: 'merge', body }, options);
}

export interface RetryOptions {
  clock: Clock;
  random: Random;
  /** Attempts in all. Default 5. */
  attempts?: number;
  signal?: AbortSignal;
}

/**
 * Calls `attempt` again while it fails with `Conflict`, after a short random pause. It must read the object anew each time. Fails with
 * the last conflict when the attempts are used up.
 */
export async function retryOnConflict<R>(attempt: () => Promise<R>, options: RetryOptions): Promise<R> {
  const attempts = options.attempts ?? 5;
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      if (n >= attempts || !isReason(error, 'Conflict')) throw error;
      const pause = 10 * 2 ** (n - 1) * (0.5 + options.random.next());
      await options.clock.sleep(pause, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}

type Patch = ReturnType<typeof createMergePatch>;

function compare<T extends KubeObject>(kind: Kind<T>, before: T, after: T): { statusPatch: Patch; restPatch: Patch } {
  for (const field of ['name', 'namespace', 'uid', 'resourceVersion'] as const)
    if (!equal(before.metadata[field], after.metadata[field]))
      throw new Error(
        `programmer error: metadata.${field} of ${describe(kind, before)} differs between what was read and what is to be written`,
      );
  const { status: statusBefore, ...restBefore } = before as T & { status?: unknown };
  const { status: statusAfter, ...restAfter } = after as T & { status?: unknown };
  return {
    statusPatch: createMergePatch({ status: statusBefore }, { status: statusAfter }),
    restPatch: createMergePatch(restBefore, restAfter),
  };
}

function preconditions(kind: Kind, { metadata }: KubeObject): { uid: string; resourceVersion: string } {
  const { uid, resourceVersion } = metadata;
  if (uid === undefined || resourceVersion === undefined)
    throw new Error(
      `programmer error: committing a ${kind.kind} that was never read from the API: it has no uid or resourceVersion`,
    );
  return { uid, resourceVersion };
}

function describe(kind: Kind, object: KubeObject): string {
  return `${kind.kind} ${keyText(keyOf(object))}`;
}

function changed(patch: Patch): string {
  return Object.keys(patch ?? {}).join(', ');
}

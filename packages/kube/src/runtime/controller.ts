/** The vocabulary of controllers, after controller-runtime: a controller watches sources, which map changes to requests, which a reconciler handles. */
import type { Kind, KubeObject, ObjectKey } from '@kargo/api';
import type { Log } from '../ports/log.ts';
import type { Result } from './result.ts';

/** Names what is to be reconciled. */
export type Request = ObjectKey;

export interface ReconcileContext {
  /** Aborts when the process stops, leadership is lost, or the reconcile exceeds its deadline. */
  signal: AbortSignal;
  log: Log;
}

export interface Reconciler {
  /**
   * Throwing retries with exponential backoff and jitter; a `TerminalError` does not retry. One key is handled by one worker at a
   * time. At least once: the same request may come again at any moment.
   */
  reconcile(request: Request, context: ReconcileContext): Promise<Result>;
}

/** A change of a watched object. `old` is absent for a new object, `object` for a deleted one. */
export interface Change<T extends KubeObject> {
  object?: T;
  old?: T;
}

/** Maps changes of one kind to requests of the controller. Map functions are pure and read through indexes only. */
export interface Source<T extends KubeObject = KubeObject> {
  kind: Kind<T>;
  map: (change: Change<T>) => readonly Request[];
}

/** A source whose kind is forgotten, so that sources of several kinds fit one list. */
export function source<T extends KubeObject>(kind: Kind<T>, map: (change: Change<T>) => readonly Request[]): Source {
  return { kind, map } as unknown as Source;
}

export interface ControllerOptions {
  name: string;
  /**
   * The kind whose objects the controller finishes: an unfinished one without a wake-up is reported as a defect. Requests name objects
   * of this kind. All of them are reconciled at the start, and each when it changes, unless a source of this kind maps otherwise.
   */
  for: Kind<KubeObject>;
  sources: readonly Source[];
  /**
   * Whether nothing is left to do for an object. Where given, a settled result for an object that is not finished is reported as a
   * defect: nothing would ever wake it.
   */
  finished?: ((object: never) => boolean) | undefined;
  reconciler: Reconciler;
  /** Default 4. */
  workers?: number;
  /** Longest a single reconcile may take, in milliseconds: then its signal aborts. Default: none. */
  timeout?: number;
  /** Pauses between retries of failed reconciles. Default: from 200 ms to one minute. */
  backoff?: { base: number; max: number };
}

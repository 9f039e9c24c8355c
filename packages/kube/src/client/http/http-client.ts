import {
  ApiError,
  apiVersionOf,
  isReason,
  type Kind,
  type KubeList,
  type KubeObject,
  type ObjectKey,
  type StatusReason,
} from '@kargo/api';
import { deepFreeze } from '../../objects/deep-freeze.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import { Backoff } from '../../runtime/backoff.ts';
import { systemClock } from '../../ports/system-clock.ts';
import type {
  CallOptions,
  Client,
  DeleteOptions,
  ListOptions,
  Patch,
  PatchOptions,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../client.ts';
import { HttpTransport, type Fetch, type HttpCall } from './http-transport.ts';
import { HttpWatch } from './http-watch.ts';
import { RequestBudget, type BudgetOptions } from './request-budget.ts';
import { collectionPath, listQuery, namespacedPath, objectPath, patchQuery, withQuery, writeQuery } from './paths.ts';

export interface HttpClientOptions {
  /** Root of the API, e.g. `http://127.0.0.1:8080`. */
  baseURL: string;
  /** Bearer token, or how to get the current one. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** Further headers of every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
  /** Longest a call other than a watch may take, in milliseconds. Default 60 s. */
  timeout?: number | undefined;
  /**
   * Tries reads again that failed on the way or were refused for the moment, and writes that the server was too busy to look at. Default:
   * not.
   */
  retries?: RetryOptions | undefined;
  /** Bounds how many requests are made; watches count once. Default: none. */
  budget?: BudgetOptions | undefined;
}

export interface RetryOptions {
  /** How often a read is made at most. */
  attempts: number;
  /** Pauses in milliseconds: between half and all of `base × 2^failures`, at most `max`; longer where the server says so. */
  base: number;
  max: number;
  random: Random;
}

const PATCH_TYPES: Readonly<Record<Patch['type'], string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** A client that speaks the Kubernetes wire protocol. Returned objects are frozen. */
export function httpClient(options: HttpClientOptions): Client {
  const clock = options.clock ?? systemClock;
  const transport = new HttpTransport({
    ...options,
    clock,
    timeout: options.timeout ?? 60_000,
    budget: options.budget === undefined ? undefined : new RequestBudget(options.budget, clock),
  });
  const read = (call: HttpCall): Promise<unknown> =>
    retrying(() => transport.json(call), call, { retries: options.retries, clock, on: PASSING });
  // A write that failed on the way may have happened; one that was too many has not.
  const once = (call: HttpCall): Promise<unknown> =>
    retrying(() => transport.json(call), call, { retries: options.retries, clock, on: ['TooManyRequests'] });

  const object = async <T extends KubeObject>(call: Parameters<HttpTransport['json']>[0]): Promise<T> =>
    deepFreeze(await once(call)) as T;

  const write = <T extends KubeObject>(
    kind: Kind<T>,
    method: 'POST' | 'PUT',
    path: string,
    body: T,
    options: WriteOptions | undefined,
  ): Promise<T> =>
    object({
      method,
      path: withQuery(path, writeQuery(options)),
      body: { ...body, apiVersion: apiVersionOf(kind), kind: kind.kind },
      ...carried(options),
    });

  return {
    get: async <T extends KubeObject>(kind: Kind<T>, key: ObjectKey, call?: CallOptions): Promise<T> =>
      deepFreeze(await read({ method: 'GET', path: objectPath(kind, key), ...carried(call) })) as T,

    list: async <T extends KubeObject>(kind: Kind<T>, list?: ListOptions): Promise<KubeList<T>> => {
      const path = withQuery(collectionPath(kind, list?.namespace), listQuery(list));
      const answer = (await read({ method: 'GET', path, ...carried(list) })) as KubeList<T>;
      if (!Array.isArray(answer.items)) throw new ApiError('InternalError', `GET ${path}: the answer is not a list`);
      // Kubernetes leaves the type out of the items of typed lists.
      for (const item of answer.items) {
        item.apiVersion ??= apiVersionOf(kind);
        item.kind ??= kind.kind;
      }
      return deepFreeze(answer);
    },

    watch: <T extends KubeObject>(kind: Kind<T>, watch?: WatchOptions): AsyncIterable<WatchEvent<T>> =>
      new HttpWatch(transport, kind, watch ?? {}),

    create: async <T extends KubeObject>(kind: Kind<T>, body: T, options?: WriteOptions): Promise<T> =>
      write(kind, 'POST', namespacedPath(kind, body.metadata.namespace), body, options),

    update: async <T extends KubeObject>(kind: Kind<T>, body: T, options?: WriteOptions): Promise<T> =>
      write(kind, 'PUT', objectPath(kind, body.metadata), body, options),

    updateStatus: async <T extends KubeObject>(kind: Kind<T>, body: T, options?: WriteOptions): Promise<T> =>
      write(kind, 'PUT', objectPath(kind, body.metadata, 'status'), body, options),

    patch: async <T extends KubeObject>(kind: Kind<T>, key: ObjectKey, patch: Patch, options?: PatchOptions): Promise<T> =>
      object({
        method: 'PATCH',
        path: withQuery(objectPath(kind, key, options?.subresource), patchQuery(options)),
        body: patch.body,
        contentType: PATCH_TYPES[patch.type],
        ...carried(options),
      }),

    delete: async <T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options: DeleteOptions = {}): Promise<void> => {
      const { propagationPolicy, preconditions, dryRun } = options;
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
        ...(preconditions === undefined ? {} : { preconditions }),
        ...(dryRun === true ? { dryRun: ['All'] } : {}),
      };
      await once({ method: 'DELETE', path: objectPath(kind, key), body, ...carried(options) });
    },
  };
}

/** Failures that pass. */
const PASSING: readonly StatusReason[] = ['ServiceUnavailable', 'TooManyRequests', 'Timeout'];

async function retrying<R>(
  attempt: () => Promise<R>,
  { signal }: HttpCall,
  { retries, clock, on }: { retries: RetryOptions | undefined; clock: Clock; on: readonly StatusReason[] },
): Promise<R> {
  if (retries === undefined) return attempt();
  const backoff = new Backoff(retries, retries.random);
  for (let made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      if (made >= retries.attempts || !isReason(error, ...on)) throw error;
      const asked = (error.details?.retryAfterSeconds ?? 0) * 1000;
      await clock.sleep(Math.max(asked, backoff.next('')), signal === undefined ? {} : { signal });
    }
  }
}

function carried(options: WriteOptions | undefined): Pick<WriteOptions, 'signal' | 'onWarning' | 'fence'> {
  return {
    ...(options?.signal === undefined ? {} : { signal: options.signal }),
    ...(options?.fence === undefined ? {} : { fence: options.fence }),
    ...(options?.onWarning === undefined ? {} : { onWarning: options.onWarning }),
  };
}

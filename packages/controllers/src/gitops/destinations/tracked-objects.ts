/** What is live in another cluster, as far as Applications are concerned. */
import { ApiError, resourceName, type Kind, type KubeObject, type ObjectKey, type Workload } from '@kargo/api';
import {
  Informer,
  type Client,
  type Clock,
  type Log,
  type Random,
  type Reader,
  type Watcher,
  type WatchEvent,
} from '@kargo/kube';
import { TRACKING_ANNOTATION } from '../manifest.ts';
import { TRACKING_INDEX, trackedBy } from './tracking.ts';

export interface TrackedObjectsOptions {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  /** Called with the tracking name of an Application one of whose objects has changed. */
  changed: (id: string) => void;
  /** Ends everything. */
  signal: AbortSignal;
}

/** How long the first list of a kind may take, in milliseconds. */
const FIRST_LIST = 30_000;

/** Follows the kinds that Applications use in a cluster, from the first time they are asked for. Of what nobody tracks it keeps names alone. */
export class TrackedObjects {
  readonly #options: TrackedObjectsOptions;
  readonly #followed = new Map<string, Informer<Workload>>();

  constructor(options: TrackedObjectsOptions) {
    this.#options = options;
  }

  /** Begins to follow a kind, and waits for its first list. Fails with `ApiError`, among others where the cluster refuses to list it. */
  async follow(kind: Kind<Workload>, signal: AbortSignal): Promise<void> {
    const id = resourceName(kind);
    if (this.#followed.get(id)?.isSynced === true) return;
    const { client, clock, random, log, changed, signal: lifetime } = this.#options;
    // Says at once why not, where an informer would keep trying.
    await client.list(kind, { limit: 1, signal });
    // Others may have begun meanwhile: a kind is followed once.
    const known = this.#followed.get(id);
    const informer = known ?? new Informer({ client: thin(client), kind, clock, random, log });
    if (known === undefined) {
      informer.store.addIndex({ kind, name: TRACKING_INDEX, keys: trackedBy });
      informer.listen(({ object, old }) => {
        const ids = new Set([...(object === undefined ? [] : trackedBy(object)), ...(old === undefined ? [] : trackedBy(old))]);
        for (const each of ids) changed(each);
      });
      this.#followed.set(id, informer);
      void informer.run(lifetime); // Never rejects.
    }
    const timeout = Promise.withResolvers<never>();
    const timer = clock.setTimer(clock.now() + FIRST_LIST, () =>
      timeout.reject(new ApiError('Timeout', `listing ${kind.plural} took more than ${FIRST_LIST / 1000} s`)),
    );
    try {
      await Promise.race([informer.synced, timeout.promise]);
    } finally {
      timer.cancel();
    }
  }

  /** The objects of a kind that is followed, with the tracking id of an Application. */
  of(kind: Kind<Workload>, app: string): readonly Workload[] {
    return this.#followed.get(resourceName(kind))?.store.byIndex(TRACKING_INDEX, app) ?? [];
  }

  /** What is known of an object of a kind that is followed: without a tracking id, its name and version alone. */
  get(kind: Kind<Workload>, key: ObjectKey): Workload | undefined {
    return this.#followed.get(resourceName(kind))?.store.get(key);
  }
}

/** A client that leaves everything but names out of objects that no Application put there. */
function thin(client: Client): Reader & Watcher {
  return {
    get: (kind, key, options) => client.get(kind, key, options),
    list: async (kind, options) => {
      const page = await client.list(kind, options);
      return { ...page, items: page.items.map(thinned) };
    },
    watch: async function* <T extends KubeObject>(
      kind: Kind<T>,
      options?: Parameters<Watcher['watch']>[1],
    ): AsyncGenerator<WatchEvent<T>> {
      for await (const event of client.watch(kind, options))
        yield event.type === 'BOOKMARK' ? event : { ...event, object: thinned(event.object) };
    },
  };
}

function thinned<T extends KubeObject>(object: T): T {
  const { apiVersion, kind, metadata } = object;
  if (metadata.annotations?.[TRACKING_ANNOTATION] !== undefined) return object;
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { ...(namespace === undefined ? {} : { namespace }), name, uid, resourceVersion },
  } as T;
}

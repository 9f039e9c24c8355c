import { Event, isReason, resourceName, type KubeObject, type ObjectKey } from '@kargo/api';
import type { Clock, Log, Timer, UserInfo } from '@kargo/kube';
import type { Registry } from '../registry/registry.ts';
import type { Store } from '../store/store.ts';
import { KeyedRunner } from './keyed-runner.ts';
import { nodeText, parseNode } from './owner-graph.ts';

/** How long an Event is kept after its last change, in milliseconds: an hour, as in Kubernetes. */
const TIME_TO_LIVE = 60 * 60_000;

const USER: UserInfo = { username: 'system:apiserver', groups: ['system:masters'] };
const EVENTS = resourceName(Event);

/** Deletes Events some time after their last change, by default an hour, so that they do not fill the store. */
export class EventExpiry {
  readonly #clock: Clock;
  readonly #timeToLive: number;
  readonly #runner: KeyedRunner;
  readonly #unsubscribe: () => void;
  /** When each Event goes, the next one first: all live equally long, so the order of changes is the order of ends. */
  readonly #ends = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(store: Store, registry: Registry, clock: Clock, log: Log, timeToLive: number = TIME_TO_LIVE) {
    this.#clock = clock;
    this.#timeToLive = timeToLive;
    this.#runner = new KeyedRunner(
      clock,
      (text) => remove(registry, parseNode(text).key),
      (event, error) => log.warn({ error, event }, 'removing an old event will be tried again'),
    );
    // What was stored before this start lives as long again from now: nothing says when it was changed last.
    for (const { object } of store.list(EVENTS)) this.#note(object);
    this.#unsubscribe = store.subscribe((changes) => {
      for (const { resource, type, object } of changes) {
        if (resource !== EVENTS) continue;
        if (type === 'DELETED') this.#ends.delete(nodeText(EVENTS, object));
        else this.#note(object);
      }
    });
  }

  close(): Promise<void> {
    this.#unsubscribe();
    this.#timer?.cancel();
    return this.#runner.close();
  }

  #note(object: KubeObject): void {
    const text = nodeText(EVENTS, object);
    this.#ends.delete(text);
    this.#ends.set(text, this.#clock.now() + this.#timeToLive);
    if (this.#timer === undefined) this.#arm();
  }

  #arm(): void {
    const [next] = this.#ends.values();
    this.#timer = next === undefined ? undefined : this.#clock.setTimer(next, () => this.#expire());
  }

  #expire(): void {
    for (const [text, end] of this.#ends) {
      if (end > this.#clock.now()) break;
      this.#ends.delete(text);
      this.#runner.add(text);
    }
    this.#arm();
  }
}

async function remove(registry: Registry, key: ObjectKey): Promise<void> {
  try {
    await registry.delete(Event, key, {}, USER);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}

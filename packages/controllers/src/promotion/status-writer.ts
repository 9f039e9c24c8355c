import { isReason, keyOf, Promotion, type PromotionStatus } from '@kargo/api';
import { equal, type Client } from '@kargo/kube';

/**
 * Writes the status of one Promotion, again and again during a run. Changes of others to the rest of the object (annotations, for
 * instance) do not stand in the way; a status changed by someone else does: then someone else runs the Promotion.
 */
export class StatusWriter {
  readonly #client: Pick<Client, 'get' | 'updateStatus'>;
  #current: Promotion;

  constructor(client: Pick<Client, 'get' | 'updateStatus'>, promotion: Promotion) {
    this.#client = client;
    this.#current = promotion;
  }

  /** The Promotion as it was last read or written. */
  get promotion(): Promotion {
    return this.#current;
  }

  /** Makes `status` durable; writes nothing if it is already. */
  async write(status: PromotionStatus, signal?: AbortSignal): Promise<void> {
    const options = signal === undefined ? {} : { signal };
    while (!equal(this.#current.status ?? {}, status)) {
      try {
        this.#current = await this.#client.updateStatus(Promotion, { ...this.#current, status }, options);
        return;
      } catch (error) {
        if (!isReason(error, 'Conflict')) throw error;
        const fresh = await this.#client.get(Promotion, keyOf(this.#current), options);
        if (fresh.metadata.uid !== this.#current.metadata.uid || !equal(fresh.status ?? {}, this.#current.status ?? {}))
          throw error;
        this.#current = fresh;
      }
    }
  }
}

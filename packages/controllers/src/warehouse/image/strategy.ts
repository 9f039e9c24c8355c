import type { DiscoveredImageReference, ImageSubscription } from '@kargo/api';

/** The repository of a subscription, as far as strategies need it. */
export interface ImageRepository {
  /** All tags. Fails with `RegistryError`. */
  tags(): Promise<string[]>;
  /**
   * What a tag stands for; absent if there is nothing, or nothing for the platform of the subscription. It is asked for now unless it was
   * known within the last `knownWithin` milliseconds. Fails with `RegistryError`.
   */
  reference(tag: string, options: { knownWithin: number }): Promise<DiscoveredImageReference | undefined>;
}

/**
 * How much of what is known of tags that may move is asked for again. `routine`: what Freight would be made of, the rest within an
 * hour; `thorough`: all that is shown.
 */
export type Confirmation = 'routine' | 'thorough';

/** How a look treats what is known of tags. */
export interface ImageLook {
  confirm: Confirmation;
  /** Whether tags never move once they are there. */
  immutableTags: boolean;
}

/** A way to select images. One file each; {@link imageStrategies} lists them. */
export interface ImageStrategy {
  /** Images, best first. Fails with `RegistryError`, or `SubscriptionError` where the subscription is at fault. */
  find(subscription: ImageSubscription, repository: ImageRepository, look: ImageLook): Promise<DiscoveredImageReference[]>;
}

/** Milliseconds for which what a tag stands for is taken as known in routine looks, unless Freight would be made of it. */
export const KNOWN_FOR = 3_600_000;

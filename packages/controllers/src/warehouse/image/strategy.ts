import type { DiscoveredImageReference, ImageSubscription } from '@kargo/api';

/** The repository of a subscription, as far as strategies need it. */
export interface ImageRepository {
  /** All tags. Fails with `RegistryError`. */
  tags(): Promise<string[]>;
  /** What a tag stands for now; absent if there is nothing, or nothing for the platform of the subscription. Fails with `RegistryError`. */
  reference(tag: string): Promise<DiscoveredImageReference | undefined>;
}

/** A way to select images. One file each; {@link imageStrategies} lists them. */
export interface ImageStrategy {
  /** Images, best first. Fails with `RegistryError`, or `SubscriptionError` where the subscription is at fault. */
  find(subscription: ImageSubscription, repository: ImageRepository): Promise<DiscoveredImageReference[]>;
}

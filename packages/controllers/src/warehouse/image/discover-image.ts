import type { DiscoveredImageReference, ImageDiscovery, ImageSubscription } from '@kargo/api';
import {
  type Credentials,
  type ImageMetadata,
  parsePlatform,
  type Registries,
  type RegistryAccess,
  RegistryError,
} from '@kargo/integrations';
import { fromSubscription, SubscriptionError } from '../discovery-error.ts';
import { loginFor } from '../login.ts';
import { imageStrategyOf } from './strategies.ts';
import type { Confirmation, ImageRepository } from './strategy.ts';

/** The outside of image subscriptions. */
export interface ImageDiscoveryDeps {
  registries: Registries;
  credentials: Credentials;
  cacheByTag?: 'Allow' | 'Forbid' | 'Force' | 'Require' | undefined;
}

export interface ImageDiscoveryInput {
  project: string;
  name: string | undefined;
  subscription: ImageSubscription;
  confirm: Confirmation;
  signal: AbortSignal;
}

/** What an image subscription finds, and what it had to pass over. */
export interface ImageFinding {
  image: ImageDiscovery;
  /** Tags whose images cannot be read as they are, and why. */
  passedOver: string[];
}

/**
 * What an image subscription finds now. A tag whose image is broken is passed over, as others may be all right; if nothing is, that is why
 * it fails.
 */
export async function discoverImage(
  { registries, credentials, cacheByTag = 'Allow' }: ImageDiscoveryDeps,
  { project, name, subscription, confirm, signal }: ImageDiscoveryInput,
): Promise<ImageFinding> {
  const { repoURL, platform, insecureSkipTLSVerify } = subscription;
  const login = await loginFor(credentials, { project, type: 'image', repoURL, signal });
  const access: RegistryAccess = { repository: repoURL, credentials: login, insecureSkipTLSVerify, signal };
  const broken = new Map<string, RegistryError>();
  const repository = repositoryOf(registries, access, { platform, broken });
  const look = { confirm, immutableTags: mayKeepTags(subscription, cacheByTag) };
  const references = await imageStrategyOf(subscription).find(subscription, repository, look);
  const [first] = broken.values();
  if (first !== undefined && references.length === 0) throw first;
  return {
    image: {
      repoURL,
      ...(platform === undefined ? {} : { platform }),
      ...(name === undefined ? {} : { subscriptionName: name }),
      references,
    },
    passedOver: [...broken].map(([tag, { message }]) => `${tag}: ${message}`),
  };
}

/** Whether what tags stand for may be kept for good, by the subscription and the rules of the installation. */
function mayKeepTags(
  { cacheByTag = false, imageSelectionStrategy }: ImageSubscription,
  policy: NonNullable<ImageDiscoveryDeps['cacheByTag']>,
): boolean {
  const isDigest = imageSelectionStrategy === 'Digest';
  if (policy === 'Require' && !cacheByTag && !isDigest)
    throw new SubscriptionError('InvalidSubscription', 'cacheByTag: this installation requires it to be true');
  return !isDigest && policy !== 'Forbid' && (policy === 'Force' || cacheByTag);
}

function repositoryOf(
  registries: Registries,
  access: RegistryAccess,
  { platform = '', broken }: { platform: string | undefined; broken: Map<string, RegistryError> },
): ImageRepository {
  if (platform !== '') fromSubscription('platform', () => parsePlatform(platform));
  return {
    tags: () => registries.tags(access),
    async reference(tag, { knownWithin }) {
      try {
        const image = await registries.image(access, tag, { platform, knownWithin });
        return image === undefined ? undefined : referenceOf(tag, image);
      } catch (error) {
        if (!(error instanceof RegistryError) || error.code !== 'invalid') throw error;
        broken.set(tag, error);
        return undefined;
      }
    },
  };
}

function referenceOf(tag: string, { digest, annotations, createdAt }: ImageMetadata): DiscoveredImageReference {
  return {
    tag,
    digest,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

import type { ImageDiscovery, ImageSubscription } from '@kargo/api';
import type { Credentials, Registries, RegistryAccess } from '@kargo/integrations';
import { SubscriptionError } from '../discovery-error.ts';
import { loginFor } from '../login.ts';
import { isSamePlatform, parsePlatform } from './platform.ts';
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

/** What an image subscription finds now. */
export async function discoverImage(
  { registries, credentials, cacheByTag = 'Allow' }: ImageDiscoveryDeps,
  { project, name, subscription, confirm, signal }: ImageDiscoveryInput,
): Promise<ImageDiscovery> {
  const { repoURL, platform, insecureSkipTLSVerify } = subscription;
  const login = await loginFor(credentials, { project, type: 'image', repoURL, signal });
  const access: RegistryAccess = { repository: repoURL, credentials: login, insecureSkipTLSVerify, signal };
  const repository = repositoryOf(registries, access, platform);
  const look = { confirm, immutableTags: mayKeepTags(subscription, cacheByTag) };
  const references = await imageStrategyOf(subscription).find(subscription, repository, look);
  return {
    repoURL,
    ...(platform === undefined ? {} : { platform }),
    ...(name === undefined ? {} : { subscriptionName: name }),
    references,
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

function repositoryOf(registries: Registries, access: RegistryAccess, platform: string | undefined): ImageRepository {
  const wanted = platform === undefined || platform === '' ? undefined : parsePlatform(platform);
  return {
    tags: () => registries.tags(access),
    async reference(tag, { knownWithin }) {
      const image = await registries.image(access, tag, { platform, knownWithin });
      if (image === undefined) return undefined;
      if (wanted !== undefined && !image.platforms.some((each) => isSamePlatform(each, wanted))) return undefined;
      return {
        tag,
        digest: image.digest,
        ...(Object.keys(image.annotations).length === 0 ? {} : { annotations: image.annotations }),
        ...(image.createdAt === undefined ? {} : { createdAt: image.createdAt }),
      };
    },
  };
}

import type { ImageDiscovery, ImageSubscription } from '@kargo/api';
import type { Credentials, Registries, RegistryAccess } from '@kargo/integrations';
import { isSamePlatform, parsePlatform } from './platform.ts';
import { imageStrategyOf } from './strategies.ts';
import type { ImageRepository } from './strategy.ts';

export interface ImageDiscoveryInput {
  project: string;
  name: string | undefined;
  subscription: ImageSubscription;
  signal: AbortSignal;
}

/** What an image subscription finds now. */
export async function discoverImage(
  { registries, credentials }: { registries: Registries; credentials: Credentials },
  { project, name, subscription, signal }: ImageDiscoveryInput,
): Promise<ImageDiscovery> {
  const { repoURL, platform, insecureSkipTLSVerify } = subscription;
  const found = await credentials.find({ project, type: 'image', repoURL });
  const login =
    found?.password === undefined
      ? undefined
      : { username: found.username ?? '', password: found.password, source: found.source };
  const access: RegistryAccess = { repository: repoURL, credentials: login, insecureSkipTLSVerify, signal };
  const references = await imageStrategyOf(subscription).find(subscription, repositoryOf(registries, access, platform));
  return {
    repoURL,
    ...(platform === undefined ? {} : { platform }),
    ...(name === undefined ? {} : { subscriptionName: name }),
    references,
  };
}

function repositoryOf(registries: Registries, access: RegistryAccess, platform: string | undefined): ImageRepository {
  const wanted = platform === undefined || platform === '' ? undefined : parsePlatform(platform);
  return {
    tags: () => registries.tags(access),
    async reference(tag) {
      const image = await registries.image(access, tag, { platform });
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

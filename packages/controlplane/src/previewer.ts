import type { Client, Clock, Random } from '@kargo/kube';
import { promotionPreviewer, stepComputations, stepExpressions, stepRegistry, type PromotionPreviewer } from '@kargo/promotion';
import { SYSTEM_NAMESPACE, type UpConfig } from './config.ts';
import type { Outside } from './outside.ts';

/** Previews on the real outside. What an earlier process left of its previews is removed first. */
export async function createPreviewer({
  outside,
  config,
  client,
  clock,
  random,
}: {
  outside: Outside;
  config: Pick<
    UpConfig,
    | 'argoCDNamespace'
    | 'sharedNamespace'
    | 'gitName'
    | 'gitEmail'
    | 'gitIntegrationPolicy'
    | 'githubPush'
    | 'maxOCIPushArtifactSize'
  > & { systemNamespace?: string | undefined };
  client: Client;
  clock: Clock;
  random: Random;
}): Promise<PromotionPreviewer> {
  const { previewWorkspaces, rehearsals, git, credentials, registries, renderer, http } = outside;
  for (const id of await previewWorkspaces.ids()) await previewWorkspaces.remove(id);
  return promotionPreviewer({
    registry: stepRegistry(),
    rehearsals,
    workspaces: previewWorkspaces,
    expressions: (recording) => stepExpressions({ client: recording, sharedNamespace: config.sharedNamespace }),
    ports: {
      clock,
      random,
      client,
      git,
      pullRequests: outside.pullRequests,
      githubCommits: outside.githubCommits,
      githubPush: config.githubPush,
      credentials,
      registries,
      renderer,
      http,
      computations: stepComputations(),
      gitIdentity: { name: config.gitName, email: config.gitEmail, signingKey: outside.gitSigningKey },
      systemNamespace: config.systemNamespace ?? SYSTEM_NAMESPACE,
      gitIntegrationPolicy: config.gitIntegrationPolicy,
      maxOCIPushArtifactSize: config.maxOCIPushArtifactSize,
      argoCDNamespace: config.argoCDNamespace,
    },
  });
}

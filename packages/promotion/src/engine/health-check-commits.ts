import { normalizeGitURL, type FreightReference, type PromotionStatus } from '@kargo/api';

/** A copy of `status` whose Freight names, for commits of these repositories, the commit that decides about health. */
export function withHealthCheckCommits(status: PromotionStatus, commits: Readonly<Record<string, string>>): PromotionStatus {
  const byURL = new Map(Object.entries(commits).map(([url, commit]) => [normalizeGitURL(url), commit]));
  if (byURL.size === 0) return status;
  const noted = (freight: FreightReference): FreightReference => ({
    ...freight,
    ...(freight.commits === undefined
      ? {}
      : {
          commits: freight.commits.map((commit) => {
            const healthCheckCommit = byURL.get(normalizeGitURL(commit.repoURL ?? ''));
            return healthCheckCommit === undefined ? commit : { ...commit, healthCheckCommit };
          }),
        }),
  });
  const { freight, freightCollection } = status;
  return {
    ...status,
    ...(freight === undefined ? {} : { freight: noted(freight) }),
    ...(freightCollection?.items === undefined
      ? {}
      : {
          freightCollection: {
            ...freightCollection,
            items: Object.fromEntries(Object.entries(freightCollection.items).map(([key, item]) => [key, noted(item)])),
          },
        }),
  };
}

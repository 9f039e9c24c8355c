import {
  type ChartDiscovery,
  decodeSubscription,
  type DiscoveredArtifacts,
  type DiscoveryResult,
  type GitDiscovery,
  type ImageDiscovery,
  type Subscription,
} from '@kargo/api';

/** What one subscription found the last time: at most one of these. */
export interface FoundBefore {
  git?: GitDiscovery | undefined;
  image?: ImageDiscovery | undefined;
  chart?: ChartDiscovery | undefined;
  result?: DiscoveryResult | undefined;
}

/**
 * What each subscription found before. Findings stand in the order of the subscriptions of their type, as several may be about one
 * repository and have no names; where one of a type is missing, only those that can be told apart are taken.
 */
export function foundBefore(
  subscriptions: readonly Subscription[],
  previous: DiscoveredArtifacts | undefined,
): readonly FoundBefore[] {
  const keys = subscriptions.map(keyOf);
  const findings = {
    git: previous?.git ?? [],
    image: previous?.images ?? [],
    chart: previous?.charts ?? [],
    other: previous?.results ?? [],
  };
  return keys.map((key, index) => {
    if (key === undefined) return {};
    const own = keys.flatMap((each, at) => (each?.type === key.type ? [{ ...each, at }] : []));
    const matches = <T>(list: readonly T[], text: (found: T) => string): T | undefined => {
      if (list.length === own.length) {
        const found = list[own.findIndex(({ at }) => at === index)];
        return found !== undefined && text(found) === key.text ? found : undefined;
      }
      return own.filter((each) => each.text === key.text).length === 1
        ? list.find((found) => text(found) === key.text)
        : undefined;
    };
    switch (key.type) {
      case 'git':
        return { git: matches(findings.git, ({ repoURL, subscriptionName }) => textOf(subscriptionName, repoURL)) };
      case 'image':
        return {
          image: matches(findings.image, ({ repoURL, platform, subscriptionName }) =>
            textOf(subscriptionName, repoURL, platform),
          ),
        };
      case 'chart':
        return {
          chart: matches(findings.chart, ({ repoURL, name, subscriptionName }) => textOf(subscriptionName, repoURL, name)),
        };
      case 'other':
        return { result: matches(findings.other, ({ name }) => textOf(name)) };
    }
  });
}

/** What a finding repeats of its subscription. */
function keyOf(value: Subscription): { type: 'git' | 'image' | 'chart' | 'other'; text: string } | undefined {
  const reading = decodeSubscription(value);
  if (reading.kind === 'invalid') return undefined;
  const { subscription } = reading;
  const { type, name } = subscription;
  switch (type) {
    case 'git':
      return { type, text: textOf(name, subscription.git.repoURL) };
    case 'image':
      return { type, text: textOf(name, subscription.image.repoURL, subscription.image.platform) };
    case 'chart':
      return { type, text: textOf(name, subscription.chart.repoURL, subscription.chart.name) };
    case 'other':
      return { type, text: textOf(name) };
  }
}

function textOf(...parts: readonly (string | undefined)[]): string {
  return JSON.stringify(parts.map((part) => part ?? ''));
}

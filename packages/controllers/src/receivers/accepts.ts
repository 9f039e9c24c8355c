/** Whether news of a repository are news for a subscription to it, by the subscription's own rules. Pure. */
import {
  normalizeChartURL,
  normalizeGitURL,
  normalizeImageURL,
  type ChartSubscription,
  type DecodedSubscription,
  type GitSubscription,
  type ImageSubscription,
} from '@kargo/api';
import { pathFilter } from '../warehouse/git/path-rules.ts';
import { SubscriptionError } from '../warehouse/discovery-error.ts';
import { tagFilter, versionTags } from '../warehouse/tag-rules.ts';
import type { News } from './delivery.ts';

const HEADS = 'refs/heads/';
const TAGS = 'refs/tags/';

/** News with URLs in the form in which they are compared. */
export type ComparableNews = News & {
  readonly git: ReadonlySet<string>;
  readonly image: ReadonlySet<string>;
  readonly chart: ReadonlySet<string>;
};

/** Prepares news for many comparisons. */
export function comparable(news: News): ComparableNews {
  const all = (normalize: (url: string) => string, type: News['types'][number]): ReadonlySet<string> =>
    new Set(news.types.includes(type) ? news.urls.map(normalize) : []);
  return {
    ...news,
    git: all(normalizeGitURL, 'git'),
    image: all(normalizeImageURL, 'image'),
    chart: all(normalizeChartURL, 'chart'),
  };
}

/**
 * Whether a subscription has to look because of the news: it is to that repository, one of the refs is one it could select, and for
 * commits of a branch one of the paths counts. What is unknown counts as possible, and a subscription with an error looks, so that the
 * error is told where it is looked for.
 */
export function accepts(subscription: DecodedSubscription, news: ComparableNews): boolean {
  try {
    switch (subscription.type) {
      case 'git':
        return news.git.has(normalizeGitURL(subscription.git.repoURL)) && acceptsPush(subscription.git, news);
      case 'image':
        return news.image.has(normalizeImageURL(subscription.image.repoURL)) && acceptsImage(subscription.image, news);
      case 'chart':
        return news.chart.has(normalizeChartURL(subscription.chart.repoURL)) && acceptsChart(subscription.chart, news);
      default:
        return false;
    }
  } catch (error) {
    if (error instanceof SubscriptionError) return true;
    throw error;
  }
}

function acceptsPush(subscription: GitSubscription, { refs, defaultBranch, paths }: News): boolean {
  const counts = pathFilter(subscription);
  const strategy = subscription.commitSelectionStrategy ?? 'NewestFromBranch';
  const inPaths = counts === undefined || paths === undefined || paths.length === 0 || counts(paths);
  if (!inPaths) return false;
  if (refs === undefined) return true;
  if (strategy === 'NewestFromBranch') {
    const branch = subscription.branch ?? defaultBranch;
    return refs.some((ref) => ref.startsWith(HEADS) && (branch === undefined || ref === `${HEADS}${branch}`));
  }
  const isWanted = tagFilter(subscription);
  const tags = refs.flatMap((ref) => (ref.startsWith(TAGS) ? [ref.slice(TAGS.length)] : [])).filter(isWanted);
  if (strategy !== 'SemVer') return tags.length > 0;
  const { semverConstraint: constraint, strictSemvers: strict = true } = subscription;
  return versionTags(tags, { constraint, strict, field: 'semverConstraint' }).length > 0;
}

function acceptsImage(subscription: ImageSubscription, { refs }: News): boolean {
  if (refs === undefined) return true;
  const { imageSelectionStrategy: strategy = 'SemVer', constraint, strictSemvers: strict = true } = subscription;
  if (strategy === 'Digest') return refs.includes(constraint ?? '');
  const tags = refs.filter(tagFilter(subscription));
  return strategy === 'SemVer' ? versionTags(tags, { constraint, strict, field: 'constraint' }).length > 0 : tags.length > 0;
}

function acceptsChart({ semverConstraint: constraint }: ChartSubscription, { refs }: News): boolean {
  if (refs === undefined) return true;
  // OCI tags cannot hold the plus sign of versions.
  const versions = refs.map((tag) => tag.replaceAll('_', '+'));
  return versionTags(versions, { constraint, strict: true, field: 'semverConstraint' }).length > 0;
}

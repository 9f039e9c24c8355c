import { DEFAULT_DISCOVERY_LIMIT, type DiscoveredCommit, type GitSubscription } from '@kargo/api';
import type { TagInfo } from '@kargo/integrations';
import { tagFilter } from '../tag-rules.ts';
import { tagExpression } from './commit-filter.ts';
import { pathRules } from './path-rules.ts';
import { shortSubject } from './short-subject.ts';
import type { GitStrategy } from './strategy.ts';

/** More tags than this are not recorded; then every look is a full one. */
const MAX_OBSERVED = 1000;
/** Commits whose paths are asked for at a time. */
const AT_ONCE = 50;

/** Puts tags in order, best first, and drops those that do not count. Fails with `SubscriptionError`. */
export type TagOrder = (tags: readonly TagInfo[], subscription: GitSubscription) => TagInfo[];

/** A strategy that selects commits by their tags: patterns, expression, `order`, and path rules, in this order. */
export function tagStrategy(order: TagOrder): GitStrategy {
  return {
    observe(subscription, refs) {
      const isWanted = tagFilter(subscription);
      const tags = [...refs.tags]
        .filter(([name]) => isWanted(name))
        .map(([name, id]) => ({ name, id }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      return tags.length > MAX_OBSERVED ? undefined : { tags };
    },

    async find(subscription, repository) {
      const limit = subscription.discoveryLimit ?? DEFAULT_DISCOVERY_LIMIT;
      const isWanted = tagFilter(subscription);
      const holds = tagExpression(subscription);
      const rules = pathRules(subscription);
      // What makes no sense is told before the repository is asked.
      order([], subscription);
      const all = (await repository.tags()).filter((tag) => isWanted(tag.name));
      const tags = order(all, subscription).filter((tag) => holds?.(tag) !== false);
      if (rules === undefined) return describe(tags.slice(0, limit));
      const found: TagInfo[] = [];
      for (let at = 0; at < tags.length && found.length < limit; at += AT_ONCE)
        found.push(...(await rules(tags.slice(at, at + AT_ONCE), repository)));
      return describe(found.slice(0, limit));
    },
  };
}

function describe(tags: readonly TagInfo[]): DiscoveredCommit[] {
  return tags.map(({ name, id, subject, author, committer, createdAt }) => ({
    id,
    tag: name,
    subject: shortSubject(subject),
    author,
    committer,
    creatorDate: createdAt,
  }));
}

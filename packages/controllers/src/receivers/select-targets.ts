/** Which objects a delivery concerns. Pure. */
import { decodeSubscriptions, type Promotion, type Warehouse } from '@kargo/api';
import { aliasOf } from '@kargo/promotion';
import { accepts, comparable } from './accepts.ts';
import type { News } from './delivery.ts';
import { textAt } from './payload.ts';

/** The Warehouses of which a subscription has to look because of the news. */
export function concernedWarehouses(warehouses: readonly Warehouse[], news: readonly News[]): Warehouse[] {
  const prepared = news.map(comparable);
  return warehouses.filter(({ spec }) =>
    decodeSubscriptions(spec.subscriptions).some((subscription) => prepared.some((each) => accepts(subscription, each))),
  );
}

/** The running Promotions that wait for one of the pull requests, in their current step or in one they have done. */
export function concernedPromotions(promotions: readonly Promotion[], pullRequests: readonly string[]): Promotion[] {
  const urls = new Set(pullRequests);
  return promotions.filter(({ spec, status }) => {
    if (status?.phase !== 'Running') return false;
    const last = status.currentStep ?? 0;
    return spec.steps.some((step, index) => {
      if (index > last || step.uses !== 'git-wait-for-pr') return false;
      const url = textAt(status.state, aliasOf(step, index), 'pr', 'url');
      return url !== undefined && urls.has(url);
    });
  });
}

import {
  decodeSubscriptions,
  type FieldError,
  type Freight,
  normalizeChartURL,
  normalizeGitURL,
  type Warehouse,
} from '@kargo/api';
import { equal } from '@kargo/kube';
import { duplicate, forbiddenField, invalidValue, required } from './field-errors.ts';

type ArtifactKey = { key: string; what: string };
type Listed = ArtifactKey & { field: string };

/**
 * Problems of the artifacts of a Freight as against the subscriptions of its Warehouse: each must belong to a subscription, each
 * subscription must have one, and none more than one. Artifacts of other types than git, image and chart are not checked.
 */
export function artifactProblems(freight: Freight, warehouse: Warehouse): FieldError[] {
  const expected = new Map(subscribed(warehouse).map((each) => [each.key, each.what]));
  const seen = new Set<string>();
  const out: FieldError[] = [];
  for (const { key, what, field } of artifactsOf(freight)) {
    const origin = `Warehouse ${warehouse.metadata.name ?? ''}`;
    if (!expected.has(key)) out.push(invalidValue(field, what, `no subscription of ${origin} finds this artifact`));
    else if (seen.has(key)) out.push(duplicate(field, what, `there is more than one artifact of this subscription of ${origin}`));
    seen.add(key);
  }
  for (const [key, what] of expected) {
    if (!seen.has(key)) out.push(required(fieldOf(key), `no artifact of the subscription to ${what}`));
  }
  return out;
}

function subscribed({ spec }: Warehouse): ArtifactKey[] {
  return decodeSubscriptions(spec.subscriptions).flatMap((subscription) => {
    switch (subscription.type) {
      case 'git':
        return [commitKey(subscription.git.repoURL)];
      case 'image':
        return [imageKey(subscription.image.repoURL)];
      case 'chart':
        return [chartKey(subscription.chart.repoURL, subscription.chart.name)];
      case 'other':
        return [];
    }
  });
}

function artifactsOf({ commits = [], images = [], charts = [] }: Freight): Listed[] {
  return [
    ...commits.map(({ repoURL = '' }, index) => ({ ...commitKey(repoURL), field: `commits[${index}]` })),
    ...images.map(({ repoURL = '' }, index) => ({ ...imageKey(repoURL), field: `images[${index}]` })),
    ...charts.map(({ repoURL = '', name }, index) => ({ ...chartKey(repoURL, name), field: `charts[${index}]` })),
  ];
}

const commitKey = (url: string): ArtifactKey => ({ key: `commits ${normalizeGitURL(url)}`, what: url });
const imageKey = (url: string): ArtifactKey => ({ key: `images ${url}`, what: url });
const chartKey = (url: string, name = ''): ArtifactKey => ({
  key: `charts ${normalizeChartURL(url)} ${name}`,
  what: name === '' ? url : `${url} ${name}`,
});

function fieldOf(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

/** Whether there is any artifact. */
export function hasArtifacts({ commits = [], images = [], charts = [], artifacts = [] }: Freight): boolean {
  return commits.length + images.length + charts.length + artifacts.length > 0;
}

/** What must not change of a Freight but did. */
export function immutabilityProblems(old: Freight, now: Freight): FieldError[] {
  const detail = 'Freight is immutable: make another one with other artifacts';
  const out: FieldError[] = equal(old.origin, now.origin) ? [] : [forbiddenField('origin', detail)];
  for (const list of ['commits', 'images', 'charts', 'artifacts'] as const) {
    const [before, after] = [old[list] ?? [], now[list] ?? []];
    const length = Math.max(before.length, after.length);
    for (let index = 0; index < length; index += 1) {
      if (equal(before[index], after[index])) continue;
      out.push(forbiddenField(before.length === after.length ? `${list}[${index}]` : list, detail));
      break;
    }
  }
  return out;
}

import {
  type ChartSubscription,
  chartSubscriptionSchema,
  DEFAULT_DISCOVERY_LIMIT,
  decodeSubscription,
  type DecodedSubscription,
  type FieldError,
  gitSubscriptionSchema,
  imageSubscriptionSchema,
  type ImageSubscription,
  type Json,
  normalizeChartURL,
  normalizeGitURL,
  normalizeImageURL,
  type JsonSchema,
  type Subscription,
} from '@kargo/api';
import { compileRE2, parseConstraint } from '@kargo/gocompat';
import { expressionFilterProblem } from '../warehouse/git/commit-filter.ts';
import type { AdmissionDeps } from './deps.ts';
import { duplicate, forbiddenField, invalidValue, required, textOf } from './field-errors.ts';
import { fieldProblems } from './subscription-fields.ts';

type SubscriptionDeps = Pick<AdmissionDeps, 'cacheByTagPolicy'>;

const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  git: gitSubscriptionSchema.json,
  image: imageSubscriptionSchema.json,
  chart: chartSubscriptionSchema.json,
};
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** The subscription with the defaults of its type; as it is if it cannot be read. */
export function withDefaults(value: Subscription): Subscription {
  const reading = decodeSubscription(value);
  if (reading.kind === 'invalid') return value;
  const { subscription } = reading;
  if (subscription.type === 'other')
    return { ...value, [subscription.artifactType]: { discoveryLimit: DEFAULT_DISCOVERY_LIMIT, ...subscription.config } };
  const given = value[subscription.type] as { [key: string]: Json };
  const defaults = Object.entries(SCHEMAS[subscription.type]?.properties ?? {}).flatMap(([name, property]) =>
    property.default === undefined || given[name] !== undefined ? [] : [[name, property.default] as const],
  );
  return { ...value, [subscription.type]: { ...given, ...Object.fromEntries(defaults) } };
}

/** Problems of the subscriptions of a Warehouse, each and together. */
export function subscriptionProblems(deps: SubscriptionDeps, values: readonly Subscription[], path: string): FieldError[] {
  const names = new Map<string, number>();
  const repositories = new Map<string, number>();
  return values.flatMap((value, index) => {
    const at = `${path}[${index}]`;
    const reading = decodeSubscription(value);
    if (reading.kind === 'invalid') return [invalidValue(at, value, reading.problem)];
    const { subscription } = reading;
    return [
      ...nameProblems(subscription, at, names, index),
      ...ownProblems(deps, subscription, at),
      ...repositoryProblems(subscription, at, repositories, index, path),
    ];
  });
}

function nameProblems(subscription: DecodedSubscription, at: string, names: Map<string, number>, index: number): FieldError[] {
  const { name = '', type } = subscription;
  if (name === '') return type === 'other' ? [required(`${at}.name`, 'subscriptions of other types need a name')] : [];
  if (name.length > 63 || !DNS_LABEL.test(name))
    return [invalidValue(`${at}.name`, name, 'must be a DNS label: at most 63 lower-case letters, digits and dashes')];
  if (names.has(name)) return [duplicate(`${at}.name`, name, 'another subscription has this name')];
  names.set(name, index);
  return [];
}

function ownProblems(deps: SubscriptionDeps, subscription: DecodedSubscription, at: string): FieldError[] {
  switch (subscription.type) {
    case 'git': {
      const { git } = subscription;
      return [
        ...fieldProblems(gitSubscriptionSchema.json, { ...git } as { [key: string]: Json }, `${at}.git`),
        ...textRule(git.semverConstraint, `${at}.git.semverConstraint`, parseConstraint),
        ...patternProblems(git, `${at}.git`),
        ...expressionRule(git.expressionFilter, `${at}.git.expressionFilter`),
      ];
    }
    case 'image':
      return imageProblems(deps, subscription.image, `${at}.image`);
    case 'chart':
      return chartProblems(subscription.chart, `${at}.chart`);
    case 'other':
      return [invalidValue(at, subscription.artifactType, 'there is no subscription of this type; there are: git, image, chart')];
  }
}

function imageProblems({ cacheByTagPolicy }: SubscriptionDeps, image: ImageSubscription, at: string): FieldError[] {
  const isDigest = image.imageSelectionStrategy === 'Digest';
  const out = [
    ...fieldProblems(imageSubscriptionSchema.json, { ...image } as { [key: string]: Json }, at),
    ...patternProblems(image, at),
    ...(isDigest ? [] : textRule(image.constraint, `${at}.constraint`, parseConstraint)),
  ];
  if (isDigest && (image.constraint ?? '') === '')
    out.push(required(`${at}.constraint`, 'the strategy Digest needs the tag to follow'));
  if (typeof image.platform === 'string' && image.platform !== '' && !/^[^/]+\/[^/]+(\/[^/]+)?$/.test(image.platform))
    out.push(invalidValue(`${at}.platform`, image.platform, 'must be of the form os/arch or os/arch/variant'));
  if (cacheByTagPolicy === 'Require' && !isDigest && image.cacheByTag !== true)
    out.push(required(`${at}.cacheByTag`, 'this installation requires images to be cached by tag: set it to true'));
  return out;
}

function chartProblems(chart: ChartSubscription, at: string): FieldError[] {
  const out = [
    ...fieldProblems(chartSubscriptionSchema.json, { ...chart } as { [key: string]: Json }, at),
    ...textRule(chart.semverConstraint, `${at}.semverConstraint`, parseConstraint),
  ];
  const isOCI = chart.repoURL.startsWith('oci://');
  if (isOCI && (chart.name ?? '') !== '')
    out.push(forbiddenField(`${at}.name`, 'the URL of an OCI repository names the chart already'));
  if (!isOCI && (chart.name ?? '') === '') out.push(required(`${at}.name`, 'an HTTP repository holds many charts'));
  return out;
}

function patternProblems(
  { allowTagsRegexes, ignoreTagsRegexes }: { allowTagsRegexes?: unknown; ignoreTagsRegexes?: unknown },
  at: string,
): FieldError[] {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  const of = (name: string, value: unknown): FieldError[] =>
    list(value).flatMap((pattern, index) => textRule(pattern, `${at}.${name}[${index}]`, compileRE2));
  return [...of('allowTagsRegexes', allowTagsRegexes), ...of('ignoreTagsRegexes', ignoreTagsRegexes)];
}

function textRule(value: unknown, field: string, parse: (text: string) => unknown): FieldError[] {
  if (typeof value !== 'string' || value === '') return [];
  try {
    parse(value);
    return [];
  } catch (error) {
    return [invalidValue(field, value, textOf(error))];
  }
}

function expressionRule(value: unknown, field: string): FieldError[] {
  if (typeof value !== 'string' || value === '') return [];
  const why = expressionFilterProblem(value);
  return why === undefined ? [] : [invalidValue(field, value, why)];
}

function repositoryProblems(
  subscription: DecodedSubscription,
  at: string,
  seen: Map<string, number>,
  index: number,
  path: string,
): FieldError[] {
  const repository = repositoryOf(subscription);
  if (repository === undefined) return [];
  const earlier = seen.get(repository.key);
  if (earlier !== undefined)
    return [duplicate(`${at}.${subscription.type}`, repository.url, `${path}[${earlier}] subscribes to this repository already`)];
  seen.set(repository.key, index);
  return [];
}

function repositoryOf(subscription: DecodedSubscription): { key: string; url: string } | undefined {
  switch (subscription.type) {
    case 'git': {
      const { repoURL } = subscription.git;
      return { key: `git ${normalizeGitURL(repoURL)}`, url: repoURL };
    }
    case 'image': {
      const { repoURL } = subscription.image;
      return { key: `image ${normalizeImageURL(repoURL)}`, url: repoURL };
    }
    case 'chart': {
      const { repoURL, name = '' } = subscription.chart;
      return { key: `chart ${normalizeChartURL(repoURL)} ${name}`, url: repoURL };
    }
    case 'other':
      return undefined;
  }
}

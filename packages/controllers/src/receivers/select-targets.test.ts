import type { Promotion, Warehouse } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aPromotion } from '../availability/fixtures.ts';
import type { News } from './delivery.ts';
import { concernedPromotions, concernedWarehouses } from './select-targets.ts';

const warehouse = (...subscriptions: object[]): Warehouse =>
  ({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { namespace: 'shop', name: 'w' },
    spec: { subscriptions },
  }) as unknown as Warehouse;

const URL = 'https://github.com/acme/deploy.git';
const git = (more: object = {}): object => ({ git: { repoURL: URL, ...more } });
const image = (more: object = {}): object => ({ image: { repoURL: 'ghcr.io/acme/web', ...more } });
const chart = (more: object = {}): object => ({ chart: { repoURL: 'oci://ghcr.io/acme/charts/web', ...more } });
const push = (ref: string, more: Partial<News> = {}): News => ({ types: ['git'], urls: [URL], refs: [ref], ...more });
const tag = (name: string, more: Partial<News> = {}): News => ({
  types: ['image', 'chart'],
  urls: ['ghcr.io/acme/web'],
  refs: [name],
  ...more,
});

describe('whether a Warehouse looks because of news', () => {
  const cases: { name: string; given: object; news: News; want: boolean }[] = [
    { name: 'a push to its branch', given: git({ branch: 'main' }), news: push('refs/heads/main'), want: true },
    { name: 'a push to another branch', given: git({ branch: 'main' }), news: push('refs/heads/dev'), want: false },
    { name: 'a branch whose name ends alike', given: git({ branch: 'main' }), news: push('refs/heads/x/main'), want: false },
    {
      name: 'a push to the default branch, where the subscription names none',
      given: git(),
      news: push('refs/heads/main', { defaultBranch: 'main' }),
      want: true,
    },
    {
      name: 'a push to another than the default branch, where the subscription names none',
      given: git(),
      news: push('refs/heads/dev', { defaultBranch: 'main' }),
      want: false,
    },
    { name: 'any branch, where nobody knows the default one', given: git(), news: push('refs/heads/dev'), want: true },
    { name: 'a tag is no news for a branch', given: git(), news: push('refs/tags/v1'), want: false },
    {
      name: 'the URL in another spelling',
      given: git({ branch: 'main' }),
      news: push('refs/heads/main', { urls: ['https://GitHub.com/Acme/Deploy/'] }),
      want: true,
    },
    {
      name: 'the other URL of the same repository',
      given: { git: { repoURL: 'git@github.com:acme/deploy.git', branch: 'main' } },
      news: push('refs/heads/main', { urls: [URL, 'ssh://git@github.com/acme/deploy.git'] }),
      want: true,
    },
    {
      name: 'another repository',
      given: git(),
      news: push('refs/heads/main', { urls: ['https://github.com/acme/web'] }),
      want: false,
    },
    {
      name: 'a path that is included',
      given: git({ includePaths: ['apps/web'] }),
      news: push('refs/heads/main', { paths: ['docs/x', 'apps/web/a.yaml'] }),
      want: true,
    },
    {
      name: 'no path that is included',
      given: git({ includePaths: ['apps/web'] }),
      news: push('refs/heads/main', { paths: ['apps/website/a.yaml'] }),
      want: false,
    },
    {
      name: 'only paths that are excluded',
      given: git({ excludePaths: ['glob:**/*.md'] }),
      news: push('refs/heads/main', { paths: ['docs/a.md'] }),
      want: false,
    },
    { name: 'unknown paths', given: git({ includePaths: ['apps/web'] }), news: push('refs/heads/main'), want: true },
    {
      name: 'a tag within the constraint',
      given: git({ commitSelectionStrategy: 'SemVer', semverConstraint: '^1.0.0' }),
      news: push('refs/tags/v1.2.0'),
      want: true,
    },
    {
      name: 'a tag outside the constraint',
      given: git({ commitSelectionStrategy: 'SemVer', semverConstraint: '^1.0.0' }),
      news: push('refs/tags/v2.0.0'),
      want: false,
    },
    { name: 'any tag', given: git({ commitSelectionStrategy: 'NewestTag' }), news: push('refs/tags/x'), want: true },
    {
      name: 'an ignored tag',
      given: git({ commitSelectionStrategy: 'Lexical', ignoreTagsRegexes: ['^nightly-'] }),
      news: push('refs/tags/nightly-1'),
      want: false,
    },
    {
      name: 'a branch is no news for tags',
      given: git({ commitSelectionStrategy: 'NewestTag' }),
      news: push('refs/heads/x'),
      want: false,
    },
    { name: 'an image tag within the constraint', given: image({ constraint: '^1' }), news: tag('1.9.0'), want: true },
    { name: 'an image tag outside the constraint', given: image({ constraint: '^1' }), news: tag('2.0.0'), want: false },
    { name: 'an image tag that is no version', given: image(), news: tag('latest'), want: false },
    { name: 'an unknown tag', given: image({ constraint: '^1' }), news: tag('', { refs: undefined }), want: true },
    {
      name: 'the one tag that is followed',
      given: image({ imageSelectionStrategy: 'Digest', constraint: 'latest' }),
      news: tag('latest'),
      want: true,
    },
    {
      name: 'another than the one tag that is followed',
      given: image({ imageSelectionStrategy: 'Digest', constraint: 'latest' }),
      news: tag('stable'),
      want: false,
    },
    {
      name: 'a tag that is allowed',
      given: image({ imageSelectionStrategy: 'NewestBuild', allowTagsRegexes: ['^main-'] }),
      news: tag('main-1'),
      want: true,
    },
    {
      name: 'a tag that is not allowed',
      given: image({ imageSelectionStrategy: 'Lexical', allowTagsRegexes: ['^main-'] }),
      news: tag('dev-1'),
      want: false,
    },
    { name: 'a chart is no image', given: image(), news: tag('1.0.0', { types: ['chart'] }), want: false },
    {
      name: 'every spelling of Docker Hub',
      given: { image: { repoURL: 'docker.io/library/nginx' } },
      news: tag('1.27.0', { urls: ['nginx'] }),
      want: true,
    },
    {
      name: 'a chart version, with a plus sign that tags cannot hold',
      given: chart({ semverConstraint: '>=2.0.0' }),
      news: tag('2.1.0_build.7', { urls: ['ghcr.io/acme/charts/web'] }),
      want: true,
    },
    {
      name: 'a chart version outside the constraint',
      given: chart({ semverConstraint: '>=2.0.0' }),
      news: tag('1.0.0', { urls: ['ghcr.io/acme/charts/web'] }),
      want: false,
    },
    {
      name: 'a subscription with a mistake looks, so that it tells',
      given: git({ includePaths: ['regex:('] }),
      news: push('refs/heads/main', { paths: ['x'] }),
      want: true,
    },
    { name: 'a type that is not known here', given: { name: 's', s3: { bucket: 'b' } }, news: tag('1.0.0'), want: false },
  ];
  it.each(cases)('$name: $want', ({ given, news, want }) => {
    expect(concernedWarehouses([warehouse(given)], [news])).toHaveLength(want ? 1 : 0);
  });

  it('one subscription suffices, and one that cannot be read is in nobody’s way', () => {
    expect(
      concernedWarehouses([warehouse({ nonsense: 5 }, git({ branch: 'x' }), image())], [push('refs/heads/y'), tag('1.0.0')]),
    ).toHaveLength(1);
  });
});

describe('which Promotions a closed pull request concerns', () => {
  const page = 'https://github.com/acme/deploy/pull/7';
  const waiting = (more: Partial<Promotion['status']> & object = {}, step: object = {}): Promotion => {
    const promotion = aPromotion('p', {
      status: { phase: 'Running', currentStep: 1, state: { 'wait-for': { pr: { url: page } } }, ...more },
    });
    return {
      ...promotion,
      spec: {
        ...promotion.spec,
        steps: [
          { uses: 'git-open-pr', as: 'open' },
          { uses: 'git-wait-for-pr', as: 'wait-for', ...step },
        ],
      },
    };
  };
  const cases: { name: string; promotion: Promotion; want: boolean }[] = [
    { name: 'one that waits for it', promotion: waiting(), want: true },
    {
      name: 'one without an alias of its own',
      promotion: waiting({ state: { 'step-2': { pr: { url: page } } } }, { as: '' }),
      want: true,
    },
    {
      name: 'one that waits for another',
      promotion: waiting({ state: { 'wait-for': { pr: { url: `${page}7` } } } }),
      want: false,
    },
    { name: 'one that opened it, but does not wait yet', promotion: waiting({ currentStep: 0 }), want: false },
    { name: 'one that ended', promotion: waiting({ phase: 'Succeeded' }), want: false },
    { name: 'one that has not begun', promotion: waiting({ phase: 'Pending', state: undefined }), want: false },
    { name: 'one with a state that makes no sense', promotion: waiting({ state: { 'wait-for': 'x' } }), want: false },
  ];
  it.each(cases)('$name: $want', ({ promotion, want }) => {
    expect(concernedPromotions([promotion], [page])).toHaveLength(want ? 1 : 0);
  });
});

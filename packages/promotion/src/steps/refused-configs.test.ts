/** What the configurations of steps must not be, for every constraint that is not tested beside the step itself. */
import { describe, expect, it } from 'vitest';
import { ConfigValidator } from '../config/validate.ts';
import { builtInSteps } from './registry.ts';

type Config = { [key: string]: unknown };

const validator = new ConfigValidator();
const problems = (name: string, config: Config): string[] =>
  validator.problems(builtInSteps.find((step) => step.name === name)!.configSchema, config);

const clone = { repoURL: 'u', checkout: [{ path: 'x' }] };
const pull = { repoURL: 'https://github.com/a/b', prNumber: 1 };
const open = { repoURL: 'https://github.com/a/b', sourceBranch: 'a', targetBranch: 'b' };
const template = { path: 'c', outPath: 'o', releaseName: 'r' };
const update = { path: 'f', updates: [{ key: 'k', value: 'v' }] };
const parse = { path: 'f', outputs: [{ name: 'n', fromExpression: 'x' }] };
const push = { path: 'p' };

/** By step: a configuration that is fine, and what is wrong with it after changes, with the field that is told. */
const TABLE: Readonly<Record<string, { fine: Config; wrong: readonly (readonly [Config, string])[] }>> = {
  'git-clone': {
    fine: { ...clone, blobless: true, depth: 3, recurseSubmodules: true, insecureSkipTLSVerify: true },
    wrong: [
      [{ checkout: [{ branch: 'a' }] }, 'checkout.0: path is required'],
      [{ checkout: [{ path: '' }] }, 'checkout.0.path'],
      [{ checkout: [{ path: 'x', branch: 'a', commit: 'b' }] }, 'checkout.0'],
      [{ checkout: [{ path: 'x', commit: 'a', tag: 'b' }] }, 'checkout.0'],
      [{ checkout: [{ path: 'x', sparse: [] }] }, 'checkout.0.sparse'],
      [{ checkout: [{ path: 'x', sparse: [''] }] }, 'checkout.0.sparse.0'],
      [{ author: { name: 'x' } }, 'author: email is required'],
      [{ author: { name: 'x', email: '' } }, 'author.email'],
      [{ depth: 0 }, 'depth'],
      [{ depth: 1.5 }, 'depth'],
      [{ depth: '1' }, 'depth'],
      [{ shallow: true }, 'Additional property shallow'],
    ],
  },
  'git-clear': {
    fine: push,
    wrong: [
      [{ path: '' }, 'path'],
      [{ x: 1 }, 'Additional property x'],
    ],
  },
  'git-commit': {
    fine: { path: 'p', message: 'm', author: { name: 'n', email: 'e@x', signingKey: '' } },
    wrong: [
      [{ path: '' }, 'path'],
      [{ message: '' }, 'message'],
      [{ messageFromSteps: ['a'] }, '(root)'],
    ],
  },
  'git-push': {
    fine: { ...push, tag: 'v1', targetBranch: '' },
    wrong: [
      [{ tag: 'v1', targetBranch: 'x' }, '(root)'],
      [{ tag: 'v1', generateTargetBranch: true }, '(root)'],
      [{ maxAttempts: 1.5 }, 'maxAttempts'],
      [{ maxAttempts: 2 ** 31 }, 'maxAttempts'],
    ],
  },
  'github-push': {
    fine: { ...push, targetBranch: 'x', generateTargetBranch: false, force: true, maxAttempts: 1, insecureSkipTLSVerify: true },
    wrong: [
      [{ path: '' }, 'path'],
      [{ generateTargetBranch: true }, '(root)'],
      [{ maxAttempts: 0 }, 'maxAttempts'],
      [{ tag: 'v1' }, 'Additional property tag'],
    ],
  },
  'git-tag': {
    fine: { path: 'p', tag: 't', message: 'm', force: true },
    wrong: [
      [{ path: '' }, 'path'],
      [{ tag: '' }, 'tag'],
      [{ message: '' }, 'message'],
    ],
  },
  'git-open-pr': {
    fine: { ...open, createTargetBranch: true, labels: ['a'], draft: true, reviewers: ['b'] },
    wrong: [
      [{ sourceBranch: '' }, 'sourceBranch'],
      [{ targetBranch: '' }, 'targetBranch'],
      [{ labels: [''] }, 'labels.0'],
      [{ reviewers: [''] }, 'reviewers.0'],
    ],
  },
  'git-wait-for-pr': {
    fine: pull,
    wrong: [
      [{ prNumber: '1' }, 'prNumber'],
      [{ provider: 'x' }, 'provider'],
      [{ repoURL: '' }, 'repoURL'],
    ],
  },
  'git-merge-pr': {
    fine: { ...pull, wait: true, mergeMethod: 'squash', provider: 'github', pollInterval: '5s' },
    wrong: [
      [{ prNumber: 0 }, 'prNumber'],
      [{ mergeMethod: '' }, 'mergeMethod'],
      [{ pollInterval: 'abc5s' }, 'pollInterval'],
      [{ provider: 'x' }, 'provider'],
    ],
  },
  'kustomize-set-image': {
    fine: { path: 'p' },
    wrong: [
      [{ path: '' }, 'path'],
      [{ images: [{}] }, 'images.0: image is required'],
      [{ images: [{ image: 'a', fromOrigin: { kind: 'Stage', name: 'x' } }] }, 'images.0.fromOrigin.kind'],
    ],
  },
  'kustomize-build': {
    fine: { path: 'p', outPath: 'o', plugin: { helm: { apiVersions: ['v1'], kubeVersion: '' } } },
    wrong: [
      [{ path: '' }, 'path'],
      [{ outPath: '' }, 'outPath'],
      [{ outputFormat: 'flat' }, 'outputFormat'],
    ],
  },
  'helm-template': {
    fine: { ...template, namespace: '', kubeVersion: '', outLayout: 'flat' },
    wrong: [
      [{ path: '' }, 'path'],
      [{ outPath: '' }, 'outPath'],
      [{ releaseName: '' }, 'releaseName'],
      [{ outLayout: 'tree' }, 'outLayout'],
      [{ valuesFiles: [''] }, 'valuesFiles.0'],
      [{ setValues: [{ key: 'a' }] }, 'setValues.0: value is required'],
      [{ setValues: [{ key: '', value: 'x' }] }, 'setValues.0.key'],
    ],
  },
  'helm-update-chart': {
    fine: { path: 'p' },
    wrong: [
      [{ charts: [] }, 'charts'],
      [{ charts: [{ repository: 'r', name: 'n' }] }, 'charts.0: version is required'],
      [{ charts: [{ repository: '', name: 'n', version: '1' }] }, 'charts.0.repository'],
    ],
  },
  ...Object.fromEntries(
    ['yaml-update', 'json-update', 'toml-update'].map((name) => [
      name,
      {
        fine: update,
        wrong: [
          [{ path: '' }, 'path'],
          [{ updates: [] }, 'updates'],
          [{ updates: [{ key: 'a' }] }, 'updates.0: value is required'],
          [{ updates: [{ key: '', value: 1 }] }, 'updates.0.key'],
        ] as const,
      },
    ]),
  ),
  ...Object.fromEntries(
    ['yaml-parse', 'json-parse', 'toml-parse'].map((name) => [
      name,
      {
        fine: parse,
        wrong: [
          [{ path: '' }, 'path'],
          [{ outputs: [] }, 'outputs'],
          [{ outputs: [{ name: '', fromExpression: 'x' }] }, 'outputs.0.name'],
          [{ outputs: [{ name: 'a' }] }, 'outputs.0: fromExpression is required'],
        ] as const,
      },
    ]),
  ),
  'yaml-merge': {
    fine: { inFiles: ['a'], outFile: 'o' },
    wrong: [
      [{ inFiles: [] }, 'inFiles'],
      [{ outFile: '' }, 'outFile'],
    ],
  },
  http: {
    fine: { url: 'https://x', body: '', bodyFromFile: 'f', insecureSkipTLSVerify: true },
    wrong: [
      [{ url: '' }, 'url'],
      [{ responseContentType: 'text/html' }, 'responseContentType'],
      [{ headers: [{ name: 'a' }] }, 'headers.0: value is required'],
      [{ queryParams: [{ name: '', value: 'x' }] }, 'queryParams.0.name'],
      [{ outputs: [{ name: 'a' }] }, 'outputs.0: fromExpression is required'],
    ],
  },
  'http-download': {
    fine: { url: 'https://x', outPath: 'o', allowOverwrite: true, timeout: '1m' },
    wrong: [
      [{ outPath: '' }, 'outPath'],
      [{ url: '' }, 'url'],
      [{ timeout: '1d' }, 'timeout'],
    ],
  },
  'oci-download': {
    fine: { imageRef: 'a:1', outPath: 'o' },
    wrong: [
      [{ outPath: '' }, 'outPath'],
      [{ mediaType: '' }, 'mediaType'],
    ],
  },
  'oci-push': {
    fine: { srcRef: 'a:1', destRef: 'oci://b/c:2', annotations: { 'index:a': 'x' } },
    wrong: [
      [{ destRef: 'b/c' }, 'destRef'],
      [{ destRef: `b/c@sha256:${'a'.repeat(64)}` }, 'destRef'],
      [{ srcRef: 'a' }, 'srcRef'],
      [{ annotations: { a: 1 } }, 'annotations.a'],
    ],
  },
  copy: {
    fine: { inPath: 'a', outPath: 'b' },
    wrong: [
      [{ ignore: '' }, 'ignore'],
      [{ inPath: '' }, 'inPath'],
      [{ outPath: '' }, 'outPath'],
    ],
  },
  tar: {
    fine: { inPath: 'a', outPath: 'b', gzip: true, ignore: ' ' },
    wrong: [
      [{ ignore: '' }, 'ignore'],
      [{ inPath: '' }, 'inPath'],
    ],
  },
  untar: {
    fine: { inPath: 'a', outPath: 'b', stripComponents: 0 },
    wrong: [
      [{ stripComponents: -1 }, 'stripComponents'],
      [{ ignore: '' }, 'ignore'],
      [{ outPath: '' }, 'outPath'],
    ],
  },
  delete: { fine: { path: 'a', paths: undefined }, wrong: [[{ path: '' }, 'path']] },
  'file-write': {
    fine: { path: 'a', contents: '' },
    wrong: [
      [{ path: '' }, 'path'],
      [{ contents: 1 }, 'contents'],
    ],
  },
  'set-metadata': {
    fine: { updates: [{ kind: 'Stage', name: 'x', values: { a: null } }] },
    wrong: [[{ updates: [] }, 'updates']],
  },
  'argocd-wait': {
    fine: { apps: [{ name: 'a', waitFor: ['health', 'suspended'] }] },
    wrong: [
      [{ apps: [] }, 'apps'],
      [{ apps: [{}] }, 'apps.0'],
      [{ apps: [{ name: 'a', selector: { matchLabels: { a: 'b' } } }] }, 'apps.0'],
      [{ apps: [{ name: 'a', waitFor: ['health', 'health'] }] }, 'apps.0.waitFor'],
      [{ apps: [{ name: 'a', waitFor: ['synced'] }] }, 'apps.0.waitFor.0'],
      [{ apps: [{ name: 'a', sources: [{ repoURL: 'u' }] }] }, 'Additional property sources'],
    ],
  },
};

const rows = Object.entries(TABLE).flatMap(([name, { fine, wrong }]) =>
  wrong.map(([change, field]): [string, Config, string] => [name, { ...fine, ...change }, field]),
);

describe('configurations', () => {
  it.each(Object.entries(TABLE).map(([name, { fine }]): [string, Config] => [name, fine]))('%s takes %j', (name, config) => {
    expect(problems(name, config)).toEqual([]);
  });

  it.each(rows)('%s refuses %j', (name, config, field) => {
    expect(problems(name, config).join('\n')).toContain(field);
  });

  it('of every step refuse what is not their own, but for those whose keys are free', () => {
    const free = builtInSteps.filter(({ configSchema }) => configSchema.additionalProperties !== false).map(({ name }) => name);
    // As published.
    expect(free.toSorted()).toEqual(['compose-output', 'git-tag']);
  });
});

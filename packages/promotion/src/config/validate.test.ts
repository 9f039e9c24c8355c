import { describe, expect, it } from 'vitest';
import { argoCDUpdate } from '../steps/argocd-update/argocd-update.ts';
import { gitClone } from '../steps/git-clone/git-clone.ts';
import { gitCommit } from '../steps/git-commit/git-commit.ts';
import { gitPush } from '../steps/git-push/git-push.ts';
import { kustomizeSetImage } from '../steps/kustomize-set-image/kustomize-set-image.ts';
import { kustomizeBuild } from '../steps/kustomize-build/kustomize-build.ts';
import { composeOutput } from '../steps/compose-output/compose-output.ts';
import type { ConfigSchema } from '../step.ts';
import { ConfigValidator } from './validate.ts';

const validator = new ConfigValidator();

const cases: { name: string; step: { name: string; configSchema: ConfigSchema }; config: unknown; want: string[] }[] = [
  { name: 'nothing at all', step: gitClone, config: {}, want: ['(root): repoURL is required', '(root): checkout is required'] },
  {
    name: 'empty values',
    step: gitClone,
    config: { repoURL: '', checkout: [] },
    want: ['repoURL: String length must be greater than or equal to 1', 'checkout: Array must have at least 1 items'],
  },
  {
    name: 'an author without an address',
    step: gitClone,
    config: { repoURL: 'u', checkout: [{ path: 'x' }], author: { name: '', email: 'nobody' } },
    want: ['author.name: String length must be greater than or equal to 1', "author.email: Does not match format 'email'"],
  },
  {
    name: 'branch and tag at once',
    step: gitClone,
    config: { repoURL: 'u', checkout: [{ path: 'x', branch: 'a', tag: 'b' }] },
    want: ['checkout.0: Must validate one and only one schema (oneOf); give at most one of branch, commit, tag'],
  },
  {
    name: 'an empty alternative counts as absent',
    step: gitClone,
    config: { repoURL: 'u', checkout: [{ path: 'x', branch: 'a', tag: '' }] },
    want: [],
  },
  {
    name: 'a flag that is text',
    step: gitClone,
    config: { repoURL: 'u', checkout: [{ path: 'x', create: 'yes' }] },
    want: ['checkout.0.create: Invalid type. Expected: boolean, given: string'],
  },
  {
    name: 'a tag that became a number',
    step: kustomizeSetImage,
    config: { path: '.', images: [{ image: 'nginx', tag: 1.1 }] },
    want: ['images.0.tag: Invalid type. Expected: string, given: number'],
  },
  {
    name: 'tag and digest',
    step: kustomizeSetImage,
    config: { path: '.', images: [{ image: 'n', tag: 'a', digest: 'b' }] },
    want: ['images.0: Must validate one and only one schema (oneOf); give at most one of tag, digest'],
  },
  { name: 'an image without tag or digest', step: kustomizeSetImage, config: { path: '.', images: [{ image: 'n' }] }, want: [] },
  { name: 'messageFromSteps alone', step: gitCommit, config: { path: '.', messageFromSteps: ['a'] }, want: [] },
  { name: 'the older name of targetBranch', step: gitPush, config: { path: '.', branch: 'x' }, want: [] },
  { name: 'no target at all', step: gitPush, config: { path: '.', generateTargetBranch: false, targetBranch: '' }, want: [] },
  {
    name: 'a generated and a named target',
    step: gitPush,
    config: { path: '.', generateTargetBranch: true, targetBranch: 'x' },
    want: ['(root): Must validate one and only one schema (oneOf); give at most one of generateTargetBranch, tag'],
  },
  {
    name: 'too few attempts',
    step: gitPush,
    config: { path: '.', maxAttempts: 0 },
    want: ['maxAttempts: Must be greater than or equal to 1'],
  },
  {
    name: 'an unknown provider and an unknown key',
    step: gitPush,
    config: { path: '.', provider: 'sourceforge', target: 'x' },
    want: [
      '(root): Additional property target is not allowed; allowed are path, targetBranch, branch, generateTargetBranch, tag, force, maxAttempts, provider',
      'provider: provider must be one of the following: "azure", "bitbucket", "gitea", "github", "gitlab"',
    ],
  },
  {
    name: 'an empty API version',
    step: kustomizeBuild,
    config: { path: 'a', outPath: 'b', plugin: { helm: { apiVersions: [''] } } },
    want: ['plugin.helm.apiVersions.0: String length must be greater than or equal to 1'],
  },
  { name: 'an empty object', step: composeOutput, config: {}, want: ['(root): Must have at least 1 properties'] },
  {
    name: 'name and selector',
    step: argoCDUpdate,
    config: { apps: [{ name: 'a', selector: { matchLabels: { a: 'b' } } }] },
    want: ['apps.0: Must validate one and only one schema (oneOf); give exactly one of name, selector'],
  },
  {
    name: 'an empty selector',
    step: argoCDUpdate,
    config: { apps: [{ selector: {} }] },
    want: ['apps.0.selector: Must validate at least one schema (anyOf); give at least one of matchLabels, matchExpressions'],
  },
  {
    name: 'updateTargetRevision without a revision',
    step: argoCDUpdate,
    config: { apps: [{ name: 'a', sources: [{ repoURL: 'u', updateTargetRevision: true }] }] },
    want: ['apps.0.sources.0: Must validate one and only one schema (oneOf)'],
  },
  {
    name: 'an empty Helm value',
    step: argoCDUpdate,
    config: { apps: [{ name: 'a', sources: [{ repoURL: 'u', helm: { images: [{ key: 'k', value: '' }] } }] }] },
    want: [],
  },
];

describe('a configuration is checked against the schema of its step', () => {
  it.each(cases)('$name', ({ step, config, want }) => {
    expect(validator.problems(step.configSchema, config)).toEqual(want);
  });

  it('fails the step for good, with every problem', () => {
    expect(() => validator.check('git-clone', gitClone.configSchema, {})).toThrow(
      expect.objectContaining({
        status: 'Failed',
        message: 'invalid git-clone config: (root): repoURL is required\n(root): checkout is required',
      }),
    );
  });
});

import { GIT_PROVIDERS, type GitProvider } from '@kargo/integrations';
import type { Step } from '../../step.ts';
import { isAccepted, land, pushUntilAccepted, targetOf } from '../git/pushing.ts';
import { isTagOut } from '../git/tags.ts';
import { openWorkTree } from '../git/work-trees.ts';
import { absentFlag, absentText, flag, object, optionalText, presentText, pushOutputs, text } from '../schema.ts';
import { commitURL } from './commit-url.ts';

export interface GitPushConfig {
  path: string;
  targetBranch?: string | undefined;
  branch?: string | undefined;
  generateTargetBranch?: boolean | undefined;
  tag?: string | undefined;
  force?: boolean | undefined;
  maxAttempts?: number | undefined;
  provider?: GitProvider | undefined;
}

/**
 * Pushes HEAD of a working tree to a branch; when the remote has moved, after bringing local commits together with its own by the
 * operator's policy, and again whenever it moves in between. Promotions that push to one branch at the same time go together. Or pushes
 * a tag, once. Outputs: `commit` (HEAD after the push: the truth when commits were replayed), `branch`, and `commitURL` where the
 * provider is known. What is on the remote already is not pushed again.
 */
export const gitPush: Step<GitPushConfig> = {
  name: 'git-push',
  workspace: 'reads',
  outputs: pushOutputs,
  configSchema: object(
    {
      path: text('Path of a working tree made by git-clone.'),
      targetBranch: optionalText('Branch to push to; the one that is checked out if absent.'),
      branch: optionalText('Another name of `targetBranch`.'),
      generateTargetBranch: flag('Push to a branch of its own, `kargo/promotion/<name of the promotion>`.'),
      tag: optionalText('Tag to push instead of a branch.'),
      force: flag('Overwrite what the remote branch has.', { default: false }),
      maxAttempts: {
        type: 'integer',
        description: 'How often to try when the remote keeps moving. Default 10.',
        minimum: 1,
        maximum: 2_147_483_647,
      },
      provider: { type: 'string', description: 'Provider of the repository, if its host does not tell.', enum: GIT_PROVIDERS },
    },
    ['path'],
    {
      title: 'GitPushConfig',
      oneOf: [
        {
          required: ['generateTargetBranch'],
          properties: { generateTargetBranch: { const: true }, targetBranch: absentText, branch: absentText, tag: absentText },
        },
        {
          required: ['tag'],
          properties: {
            generateTargetBranch: absentFlag,
            targetBranch: absentText,
            branch: absentText,
            tag: presentText,
            force: absentFlag,
          },
        },
        { properties: { generateTargetBranch: absentFlag, tag: absentText } },
      ],
    },
  ),

  async run(context, ports) {
    const { config } = context;
    const { tree, repoURL } = await openWorkTree(context, ports, config.path);
    const { tag = '' } = config;
    const branch = tag === '' ? await targetOf(context, tree) : await tree.branch();
    if (tag !== '') {
      if (!(await isTagOut(context, tag))) await tree.pushTag(tag, { signal: context.signal });
    } else if (branch !== undefined) {
      const force = config.force === true || config.generateTargetBranch === true;
      await pushUntilAccepted(context, ports, {
        branch,
        maxAttempts: config.maxAttempts,
        integrate: undefined,
        push: () =>
          force ? isAccepted(tree.push({ branch, force, signal: context.signal })) : land(context, ports, tree, branch),
        remoteURL: tree.remoteURL,
      });
    }
    const commit = await tree.head();
    const url = commitURL(repoURL, commit, config.provider);
    return {
      status: 'Succeeded',
      output: { commit, ...(branch === undefined ? {} : { branch }), ...(url === undefined ? {} : { commitURL: url }) },
    };
  },
};

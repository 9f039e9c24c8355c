import { GitError, type WorkTree } from '@kargo/integrations';
import type { Step, StepContext, StepPorts } from '../../step.ts';
import { TerminalStepError } from '../../step.ts';
import { openWorkTree } from '../git/work-trees.ts';
import { absentFlag, absentText, flag, object, optionalText, presentText, text } from '../schema.ts';
import { commitURL, GIT_PROVIDERS, type GitProvider } from './commit-url.ts';

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

const DEFAULT_ATTEMPTS = 10;
/** Milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/**
 * Pushes HEAD of a working tree to a branch, first replaying local commits on what the remote has, and again whenever the remote moved
 * in between. Outputs: `commit` (HEAD after the push: the truth when commits were replayed), `branch`, and `commitURL` where the
 * provider is known. What is on the remote already is not pushed again.
 */
export const gitPush: Step<GitPushConfig> = {
  name: 'git-push',
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
    if (config.tag !== undefined && config.tag !== '')
      throw new TerminalStepError('pushing a tag is not supported yet; push a branch instead');
    const { tree, repoURL } = await openWorkTree(context, ports, config.path);
    const branch = await targetOf(context, tree);
    const force = config.force === true || config.generateTargetBranch === true;
    await pushUntilAccepted(tree, branch, force, context, ports);
    const commit = await tree.head();
    const url = commitURL(repoURL, commit, config.provider);
    return { status: 'Succeeded', output: { commit, branch, ...(url === undefined ? {} : { commitURL: url }) } };
  },
};

async function targetOf({ config, promotion }: StepContext<GitPushConfig>, tree: WorkTree): Promise<string> {
  const { targetBranch = '', branch = '' } = config;
  if (targetBranch !== '' && branch !== '' && targetBranch !== branch)
    throw new TerminalStepError(`branch "${branch}" and targetBranch "${targetBranch}" differ; give only one of them`, {
      status: 'Failed',
    });
  if (config.generateTargetBranch === true) return `kargo/promotion/${promotion.name}`;
  const named = targetBranch === '' ? branch : targetBranch;
  const target = named === '' ? await tree.branch() : named;
  if (target === undefined)
    throw new TerminalStepError(`no branch is checked out at "${config.path}"; say with targetBranch where to push`, {
      status: 'Failed',
    });
  return target;
}

async function pushUntilAccepted(
  tree: WorkTree,
  branch: string,
  force: boolean,
  { config, signal, log }: StepContext<GitPushConfig>,
  { clock, random }: StepPorts,
): Promise<void> {
  // Mostly the remote has not moved since the clone: then there is nothing to integrate, and the remote itself refuses if there is.
  if (await isAccepted(tree.push({ branch, force, signal }))) return;
  const attempts = config.maxAttempts ?? DEFAULT_ATTEMPTS;
  let pause = FIRST_PAUSE;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (!force) await integrate(tree, branch, signal);
    if (await isAccepted(tree.push({ branch, force, signal }))) return;
    log.debug({ branch, attempt }, 'push was rejected; trying again');
    if (attempt === attempts) break;
    await clock.sleep(pause * (1 + random.next() / 2), { signal });
    pause = Math.min(LONGEST_PAUSE, pause * 1.5);
  }
  throw new Error(`branch "${branch}" of ${tree.remoteURL} kept moving: every push came too late, ${attempts} attempts in all`);
}

/** False if the remote rejected the push because it has moved. */
async function isAccepted(push: Promise<void>): Promise<boolean> {
  try {
    await push;
    return true;
  } catch (error) {
    if (error instanceof GitError && error.code === 'rejected') return false;
    throw error;
  }
}

async function integrate(tree: WorkTree, branch: string, signal: AbortSignal): Promise<void> {
  try {
    await tree.rebaseOnto(branch, { signal });
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== 'conflict') throw error;
    throw new TerminalStepError(
      `merge conflict: what was committed here cannot be replayed on branch "${branch}" of the remote; promote again to start from its newest state: ${error.message}`,
      { status: 'Failed', cause: error },
    );
  }
}

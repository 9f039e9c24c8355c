import { GitError } from '@kargo/integrations';
import type { Step, StepContext } from '../../step.ts';
import { TerminalStepError } from '../../step.ts';
import { openWorkTree } from '../git/work-trees.ts';
import { noteTagIsOut } from '../git/tags.ts';
import { flag, text } from '../schema.ts';

export interface GitTagConfig {
  path: string;
  tag: string;
  message: string;
  force?: boolean | undefined;
}

/**
 * Makes an annotated tag on HEAD of a working tree, signed if commits are; git-push with `tag` pushes it. The same tag again is no error.
 * Output: `commit`, what the tag stands for.
 */
export const gitTag: Step<GitTagConfig> = {
  name: 'git-tag',
  outputs: { commit: { type: 'string', description: 'The commit that the tag is on.' } },
  configSchema: {
    type: 'object',
    title: 'GitTagConfig',
    required: ['path', 'tag', 'message'],
    properties: {
      path: text('Path of a working tree made by git-clone.'),
      tag: text('Name of the tag.'),
      message: text('Message of the tag.'),
      force: flag('Replace another tag of this name.', { default: false }),
    },
  },

  async run(context, ports) {
    const { path, tag: name, message, force } = context.config;
    const { tree } = await openWorkTree(context, ports, path);
    try {
      await tree.tag({ name, message, force, date: context.startedAt });
    } catch (error) {
      if (!(error instanceof GitError) || error.code !== 'invalid') throw error;
      throw new TerminalStepError(error.message, { cause: error });
    }
    return { status: 'Succeeded', output: { commit: await tree.head() } };
  },

  async rebuild(context, ports) {
    try {
      return await gitTag.run(context, ports);
    } catch (error) {
      if (!(error instanceof TerminalStepError && error.cause instanceof GitError)) throw error;
      const { remote } = await openWorkTree(context, ports, context.config.path);
      const { tags } = await ports.git.remoteRefs(remote, { signal: context.signal });
      if (tags.get(context.config.tag) !== commitBefore(context)) throw error;
      // It went out before the workspace was lost, and the branch has moved on since: the tag stays where it is.
      await noteTagIsOut(context, context.config.tag);
      return { status: 'Succeeded' };
    }
  },
};

/** The commit that the tag was on in the workspace that was lost. */
function commitBefore({ outputs, alias }: Pick<StepContext<unknown>, 'outputs' | 'alias'>): string | undefined {
  const { commit } = (outputs[alias] ?? {}) as { commit?: string };
  return commit;
}

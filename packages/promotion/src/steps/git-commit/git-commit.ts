import type { Json } from '@kargo/api';
import type { Folder } from '@kargo/integrations';
import type { Step } from '../../step.ts';
import { TerminalStepError } from '../../step.ts';
import { authorSchema, identityOf, type AuthorConfig } from '../git/author.ts';
import { openWorkTree } from '../git/work-trees.ts';
import { list, object, text } from '../schema.ts';
import { stepState } from '../step-state.ts';
import { composeMessage } from './compose-message.ts';

export interface GitCommitConfig {
  path: string;
  message?: string | undefined;
  messageFromSteps?: string[] | undefined;
  author?: AuthorConfig | undefined;
}

/**
 * Commits everything that changed in a working tree; Skipped if nothing did. Output: `commit`, the id of HEAD. The date of the commit is
 * when the step first started, so that the same content gives the same id however often the step has to run.
 */
export const gitCommit: Step<GitCommitConfig> = {
  name: 'git-commit',
  outputs: { commit: { type: 'string', description: 'The commit that HEAD is at.' } },
  configSchema: object(
    {
      path: text('Path of a working tree made by git-clone.'),
      message: text('Message of the commit. Exclusive with `messageFromSteps`.'),
      messageFromSteps: list(text('Alias of an earlier step.'), 'Steps whose output `commitMessage` makes the message.', {
        minItems: 1,
      }),
      author: { ...authorSchema('Author of the commit. Deprecated: set it in git-clone.'), deprecated: true },
    },
    ['path'],
    { title: 'GitCommitConfig', oneOf: [{ required: ['message'] }, { required: ['messageFromSteps'] }] },
  ),

  async run(context, ports) {
    const { config, workspace, alias } = context;
    const message = config.message ?? composeMessage(fragments(config.messageFromSteps ?? [], alias, context.outputs));
    const author = identityOf(config.author);
    const { tree } = await openWorkTree(context, ports, config.path);
    const head = await tree.head();
    const { folder, prefix } = await stepState(workspace);
    const marker = `${prefix}commits/${encodeURIComponent(alias)}`;
    const parent = await read(folder, marker);
    // Tells, should the process die between the commit and the next line, that HEAD is this step's own work.
    if (parent === undefined) await folder.writeFile(marker, head);
    const commit = await tree.commitChanges({ message, date: context.startedAt, author });
    if (commit !== undefined) return { status: 'Succeeded', output: { commit } };
    const own = parent !== undefined && parent !== head;
    return {
      status: own ? 'Succeeded' : 'Skipped',
      ...(own ? {} : { message: 'nothing to commit' }),
      output: { commit: head },
    };
  },
};

/** The commit messages that steps left in their outputs; steps that left none are passed over. */
function fragments(aliases: readonly string[], own: string, outputs: Record<string, Json>): string[] {
  const task = own.includes('::') ? `${own.slice(0, own.indexOf('::'))}::` : '';
  return aliases.flatMap((alias) => {
    const output = outputs[`${task}${alias}`] ?? outputs[alias];
    if (typeof output !== 'object' || output === null || Array.isArray(output)) return [];
    const message = output['commitMessage'];
    if (message === undefined || message === null) return [];
    if (typeof message !== 'string')
      throw new TerminalStepError(`the output commitMessage of step "${alias}" is ${JSON.stringify(message)}, not a text`);
    return [message];
  });
}

async function read(folder: Folder, path: string): Promise<string | undefined> {
  return (await folder.exists(path)) ? Buffer.from(await folder.readFile(path)).toString('utf8') : undefined;
}

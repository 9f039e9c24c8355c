import type { Step } from '../../step.ts';
import { openWorkTree } from '../git/work-trees.ts';
import { object, text } from '../schema.ts';

export interface GitClearConfig {
  path: string;
}

/** Empties a working tree, keeping `.git` and what git ignores. */
export const gitClear: Step<GitClearConfig> = {
  name: 'git-clear',
  configSchema: object({ path: text('Path of a working tree made by git-clone.') }, ['path'], { title: 'GitClearConfig' }),

  async run(context, ports) {
    const { tree } = await openWorkTree(context, ports, context.config.path);
    await tree.clear();
    return { status: 'Succeeded' };
  },
};

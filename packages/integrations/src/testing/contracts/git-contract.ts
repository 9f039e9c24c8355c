import { afterEach, beforeEach, describe } from 'vitest';
import { describeIntegrating } from './git-contract-integrating.ts';
import { describePushing } from './git-contract-pushing.ts';
import { describeReading } from './git-contract-reading.ts';
import { describeWorkTrees } from './git-contract-work-trees.ts';
import { GitContract, type GitContractWorld } from './git-contract-world.ts';

export type { GitContractWorld } from './git-contract-world.ts';

/** What every `Git` guarantees. */
export function describeGitContract(name: string, open: () => Promise<GitContractWorld>): void {
  describe(`git: ${name}`, () => {
    const at = new GitContract();
    beforeEach(async () => at.enter(await open()));
    afterEach(() => at.world.close());
    describeReading(at);
    describeWorkTrees(at);
    describePushing(at);
    describeIntegrating(at);
  });
}

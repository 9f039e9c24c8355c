import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Folders whose tests start programs: git, kubectl, helm, browsers, Kargo itself. Starting one stops a process in proportion to its memory,
 * and processes of tests only grow, so these come first. Those of a folder that is named earlier come earlier.
 */
const STARTS_PROGRAMS = [
  'test/e2e/',
  'test/ui/',
  'test/apiserver/',
  'packages/integrations/',
  'packages/promotion/src/steps/',
  'packages/promotion/src/preview/',
  'test/promotion/',
  'test/cli/',
  'test/kube/',
  'packages/controlplane/',
  'packages/cli/',
  'test/server/',
];

/** Tests that start programs first, and in each group the largest files first, as without it. */
export class ProgramsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const path = relative(this.ctx.config.root, moduleId);
      const found = STARTS_PROGRAMS.findIndex((folder) => path.startsWith(folder));
      return found < 0 ? STARTS_PROGRAMS.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

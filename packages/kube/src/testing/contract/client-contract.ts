import { afterAll, beforeAll, describe, it } from 'vitest';
import { concurrencyTests } from './concurrency.ts';
import { deletionTests } from './deletion.ts';
import { listTests } from './lists.ts';
import { objectTests } from './objects.ts';
import { patchTests } from './patches.ts';
import { openContext, type ContractSubject, type ContractTest } from './subject.ts';
import { watchTests } from './watches.ts';

/** Tests of the contract, by their titles, that an implementation is known not to pass, and why. */
export interface ContractSkip {
  reason: string;
  tests: readonly string[];
}

const GROUPS: Readonly<Record<string, readonly ContractTest[]>> = {
  objects: objectTests,
  concurrency: concurrencyTests,
  deletion: deletionTests,
  lists: listTests,
  watches: watchTests,
  patches: patchTests,
};

/**
 * What every client promises, as tests. `open` gives a client of an API that serves `contractKinds` and the core kinds; it is called
 * once. A skip that names no test of the contract fails.
 */
export function describeClientContract(
  name: string,
  open: () => Promise<ContractSubject> | ContractSubject,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the client contract`, () => {
    let subject: ContractSubject | undefined;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(async () => {
      await subject?.close?.();
    });
    const titles = new Set(Object.values(GROUPS).flatMap((tests) => tests.map(({ title }) => title)));
    const skipped = new Map((options.skip ?? []).flatMap(({ reason, tests }) => tests.map((title) => [title, reason])));
    for (const title of skipped.keys())
      if (!titles.has(title)) throw new Error(`a skip names no test of the client contract: ${title}`);
    for (const [group, tests] of Object.entries(GROUPS)) {
      describe(group, () => {
        for (const test of tests) {
          const reason = skipped.get(test.title);
          it(test.title, async (vitest) => {
            if (reason !== undefined) vitest.skip(reason);
            if (subject === undefined) throw new Error('the subject did not open');
            if (test.needs !== undefined && subject[test.needs] === undefined) vitest.skip(`the subject has no ${test.needs}`);
            await test.run(await openContext(subject));
          });
        }
      });
    }
  });
}

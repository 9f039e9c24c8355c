/** Every edge case of verification and Argo CD that is to be covered is named by its number in the title of a test at least. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
/** Cases in each part of the list: scheduling and phases, templates and arguments, conditions and providers, Argo CD, steps and health. */
const PARTS = { C1: 22, C2: 5, C3: 8, C4: 9, C5: 5 };

it('each numbered edge case has a test with its number in its title', () => {
  const titles = new Set<string>();
  for (const file of globSync(['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  }))
    for (const [, id = ''] of readFileSync(join(root, file), 'utf8').matchAll(/\[40 (C\d+\.\d+)\]/g)) titles.add(id);
  const wanted = Object.entries(PARTS).flatMap(([part, count]) =>
    Array.from({ length: count }, (_, index) => `${part}.${index + 1}`),
  );
  expect(wanted.filter((id) => !titles.has(id))).toEqual([]);
});

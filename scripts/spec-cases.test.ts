/** Every edge case of the behaviour to be covered is named by its number in the title of a test at least. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
/** Titles name a case as `[page case]`; per page, what the number of a case begins with and how many there are. */
const PAGES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // Promotions: the engine, and expressions.
  '20': { '6.1': 22, '6.2': 12 },
  // Verification: scheduling and phases, templates and arguments, conditions and providers, Argo CD, steps and health.
  '40': { C1: 22, C2: 5, C3: 8, C4: 9, C5: 5 },
};

it.each(Object.entries(PAGES))('each numbered edge case of page %s has a test with its number in its title', (page, parts) => {
  const titles = new Set<string>();
  for (const file of globSync(['packages/*/src/**/*.test.ts', 'packages/*/src/testing/**/*.ts', 'test/**/*.test.ts'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  }))
    for (const [, id = ''] of readFileSync(join(root, file), 'utf8').matchAll(new RegExp(`\\[${page} ([\\w.]+)\\]`, 'g')))
      titles.add(id);
  const wanted = Object.entries(parts).flatMap(([part, count]) =>
    Array.from({ length: count }, (_, index) => `${part}.${index + 1}`),
  );
  expect(wanted.filter((id) => !titles.has(id))).toEqual([]);
});

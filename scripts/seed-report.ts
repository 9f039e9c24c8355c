import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seedChecklist } from './seed-checklist.ts';

export interface TestResult {
  /** Relative to the checkout. */
  file: string;
  name: string;
  passed: boolean;
}

const ID = /\[(S\d\d)\]/g;

/** Tests shown for a line; there are often many more. */
const SHOWN = 4;

/** `docs/seed.md`: each line of the seed checklist with tests that prove it and how they ended. End-to-end tests come first. */
export function seedReport(results: readonly TestResult[]): string {
  const rows = Object.entries(seedChecklist).map(([id, statement]) => {
    const tests = results
      .filter(({ name }) => [...name.matchAll(ID)].some(([, found]) => found === id))
      .toSorted((a, b) => reach(a) - reach(b) || (a.file + a.name < b.file + b.name ? -1 : 1));
    const shown = tests
      .slice(0, SHOWN)
      .map(({ file, name }) => `${escape(name.replace(ID, '').replace(/\s+/g, ' ').trim())} (\`${file}\`)`);
    if (tests.length > SHOWN) shown.push(`and ${tests.length - SHOWN} more`);
    const result = tests.length === 0 ? '**no test yet**' : tests.every(({ passed }) => passed) ? 'passed' : '**failed**';
    return `| ${id} | ${escape(statement)} | ${shown.join('<br>')} | ${result} |`;
  });
  return `# The seed checklist and its tests

Written by \`npm test\` when it runs all tests; do not edit.

| id | statement | tests | result |
|---|---|---|---|
${rows.join('\n')}
`;
}

/** How much of the product a test runs: end to end, several packages, one. */
function reach({ file }: TestResult): number {
  return file.startsWith('test/e2e/') ? 0 : file.startsWith('test/') ? 1 : 2;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Writes the report into the checkout. */
export function writeSeedReport(results: readonly TestResult[]): void {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'seed.md'), seedReport(results));
}

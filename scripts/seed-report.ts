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

/** `docs/seed.md`: each line of the seed checklist with the tests that prove it and how they ended. */
export function seedReport(results: readonly TestResult[]): string {
  const rows = Object.entries(seedChecklist).map(([id, statement]) => {
    const tests = results
      .filter(({ name }) => [...name.matchAll(ID)].some(([, found]) => found === id))
      .toSorted((a, b) => (a.file + a.name < b.file + b.name ? -1 : 1));
    const shown = tests.map(({ file, name }) => `${escape(name.replace(ID, '').trim())} (\`${file}\`)`).join('<br>');
    const result = tests.length === 0 ? '**no test yet**' : tests.every(({ passed }) => passed) ? 'passed' : '**failed**';
    return `| ${id} | ${escape(statement)} | ${shown} | ${result} |`;
  });
  return `# The seed checklist and its tests

Written by \`npm test\` when it runs all tests; do not edit.

| id | statement | tests | result |
|---|---|---|---|
${rows.join('\n')}
`;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Writes the report into the checkout. */
export function writeSeedReport(results: readonly TestResult[]): void {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'seed.md'), seedReport(results));
}

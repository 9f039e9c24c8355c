/**
 * `npm test`: finds or unpacks the programs that tests drive, says what is missing and what is skipped for it, runs the tests, and ends
 * with a line `N passed, N failed`. Arguments go to the test runner (`npm test -- packages/expr`).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { writeSeedReport, type TestResult } from './seed-report.ts';
import { ensureTools } from './tools.ts';
import { ensureUI } from './ui.ts';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { fullName: string; title: string; status: string }[];
  }[];
}

const root = join(import.meta.dirname, '..');

/** Programs that some tests need, and what happens without them. */
const programs: [name: string, without: string][] = [
  ['git', 'nothing works'],
  ['docker-registry', 'the registry suite runs against the built-in registry only (Debian: apt-get install docker-registry)'],
  ['chromium', 'the web UI is not tested in a browser (Debian: apt-get install chromium)'],
  ['sshd', 'git over SSH is not tested (Debian: apt-get install openssh-server)'],
];

function find(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

await ensureTools();
ensureUI();
for (const [program, without] of programs) {
  if (!find(program)) console.log(`not found: ${program}; without it ${without}`);
}
if (!existsSync(process.env['KARGO_SHARED'] ?? join(root, '..', 'shared'))) {
  console.log('not found: reference data beside the checkout (or in KARGO_SHARED); comparisons with it are skipped');
}

const scratch = mkdtempSync(join(tmpdir(), 'kargo-test-'));
const file = join(scratch, 'report.json');
const args = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...args,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}` },
  },
);
if (!existsSync(file)) {
  rmSync(scratch, { recursive: true });
  console.error('The test runner ended without a report.');
  process.exit(status ?? 1);
}
const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
rmSync(scratch, { recursive: true });

// What was skipped proves nothing, but it did not fail either.
const results: TestResult[] = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults
    .filter(({ status: result }) => result === 'passed' || result === 'failed')
    .map(({ fullName, status: result }) => ({ file: name.slice(root.length + 1), name: fullName, passed: result === 'passed' })),
);
if (args.length === 0) writeSeedReport(results);

// A file that cannot even be loaded has no tests that could fail, so it counts as one.
const broken = report.testResults.filter(
  ({ status: result, assertionResults }) => result === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
);
for (const { name, message } of broken) console.error(`could not run ${name}: ${message ?? ''}`);
const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : '';
console.log(`\n${report.numPassedTests} passed, ${report.numFailedTests + broken.length} failed${skipped}`);
process.exit(status ?? 1);

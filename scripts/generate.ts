/**
 * `npm run generate`: writes every generated file; with `--check` writes nothing and fails if one is out of date.
 * Each generator returns files by path relative to the checkout.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLinePage } from './generators/cli.ts';
import { crdFiles } from './generators/crds.ts';
import { functionPage } from './generators/functions.ts';
import { openApiFiles } from './generators/open-api.ts';
import { referencePages } from './generators/reference.ts';
import { stepPages } from './generators/steps.ts';
import { uiSchemaFiles } from './generators/ui-schemas.ts';

/** Generated files by path relative to the checkout. */
export type Generator = () => Promise<ReadonlyMap<string, string>>;

const generators: readonly Generator[] = [
  crdFiles,
  referencePages,
  commandLinePage,
  stepPages,
  functionPage,
  openApiFiles,
  uiSchemaFiles,
];

const root = join(import.meta.dirname, '..');

function current(file: string): string | undefined {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const check = process.argv.includes('--check');
let stale = 0;
for (const generate of generators) {
  for (const [file, content] of await generate()) {
    if (current(file) === content) continue;
    stale += 1;
    if (check) {
      console.error(`${file} is out of date: run \`npm run generate\``);
    } else {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), content);
      console.log(`wrote ${file}`);
    }
  }
}
if (check && stale > 0) process.exit(1);

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stepFunctions } from './known-functions.ts';

it('every function of promotions is described', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/expressions.md'), 'utf8');
  expect(Object.keys(stepFunctions()).filter((name) => !page.includes(`\`${name}(`))).toEqual([]);
});

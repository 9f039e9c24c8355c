import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ExprError, type ExprErrorCode } from './error.ts';
import type { Json } from './json.ts';
import { compile } from './program.ts';
import { fromJson } from './values/convert.ts';
import { typedJson } from './values/typed-json.ts';

interface Vector {
  readonly id: string;
  readonly expr: string;
  readonly env?: Json;
  readonly ok: boolean;
  readonly value?: Json;
  readonly stage?: string;
  readonly error?: string;
  readonly bytes?: boolean;
}

/**
 * Lines whose expected result comes from a defect of the original: `findLast` and `findLastIndex` leave the flags of their loop on
 * its stack, where they take the place of an operand or element that was evaluated before. Ours are the right results.
 */
const STACK_LEFTOVERS: ReadonlySet<string> = new Set([
  '2159256160c7',
  '5cacad67f39b',
  '73f2277d3a96',
  'a90e56d7faf1',
  'd03dc9a9fca4',
]);

const root = process.env['KARGO_SHARED'] ?? join(import.meta.dirname, '../../../../shared');
const file = join(root, 'vectors/expr.jsonl');
const vectors = existsSync(file)
  ? readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Vector)
  : [];

const STAGES: Readonly<Record<ExprErrorCode, string>> = { parse: 'parse', compile: 'compile', run: 'run', budget: 'run' };

function sortedPairs(pairs: readonly unknown[]): unknown[] {
  return pairs.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** A value in the notation of the vectors, with the pairs of maps in one order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  if ('$map' in value) return { $map: sortedPairs((value.$map as unknown[]).map(ordered)) };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, ordered(item)]));
}

/** What came out, comparable with what a vector says. */
function outcome({ expr, env }: Vector): { ok: boolean; value?: unknown; stage?: string; message?: string } {
  try {
    const variables = fromJson(env ?? {}, { wholeNumbers: 'int' }) as Readonly<Record<string, unknown>>;
    return { ok: true, value: ordered(typedJson(compile(expr).run(variables))) };
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    return { ok: false, stage: STAGES[error.code], message: error.message };
  }
}

function difference(vector: Vector): string | undefined {
  const got = outcome(vector);
  const head = `${vector.id} ${vector.expr.slice(0, 300)}`;
  if (got.ok !== vector.ok) {
    return `${head}\n  want ${vector.ok ? JSON.stringify(vector.value) : vector.error}\n  got  ${got.ok ? JSON.stringify(got.value) : got.message}`;
  }
  if (vector.ok && !isDeepStrictEqual(got.value, ordered(vector.value))) {
    return `${head}\n  want ${JSON.stringify(vector.value)}\n  got  ${JSON.stringify(got.value)}`;
  }
  if (!vector.ok && got.stage !== vector.stage)
    return `${head}\n  want ${vector.stage}: ${vector.error}\n  got  ${got.stage}: ${got.message}`;
  return undefined;
}

/** The `(line:column)` at the end of a message. */
function place(message: string | undefined): string {
  return /\((\d+:\d+)\)$/.exec(message ?? '')?.[1] ?? '';
}

describe('the vectors of the original', () => {
  if (vectors.length === 0) console.warn(`skipped: ${file} is not there (set KARGO_SHARED)`);

  it.skipIf(vectors.length === 0)('agrees on success, value and stage', () => {
    const compared = vectors.filter(({ id, bytes }) => bytes !== true && !STACK_LEFTOVERS.has(id));
    const differences = compared.map(difference).filter((item) => item !== undefined);
    for (const item of differences) console.warn(item);
    const skipped = vectors.length - compared.length;
    console.warn(
      `expr vectors: ${compared.length - differences.length} of ${vectors.length} agree, ${skipped} skipped with a reason`,
    );
    expect(differences).toEqual([]);
  });

  it.skipIf(vectors.length === 0)('differs in the lines that are left out, so that none is left out needlessly', () => {
    const left = vectors.filter(({ id, bytes }) => bytes === true || STACK_LEFTOVERS.has(id));
    expect(left.filter((vector) => difference(vector) === undefined).map(({ id }) => id)).toEqual([]);
  });

  it.skipIf(vectors.length === 0)('names the same place for nearly all errors', () => {
    const failing = vectors.filter(({ ok, id }) => !ok && !STACK_LEFTOVERS.has(id));
    const others = failing.filter((vector) => place(vector.error) !== place(outcome(vector).message));
    console.warn(`expr vectors: ${failing.length - others.length} of ${failing.length} errors are at the same place`);
    expect(others.length).toBeLessThanOrEqual(2);
  });
});

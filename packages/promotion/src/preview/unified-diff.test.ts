import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileDiff, unifiedDiff } from './unified-diff.ts';

/** What a patch program makes of a text. */
function patched(before: string, diff: string): string {
  const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  let last = '';
  for (const line of diff.match(/[^\n]*\n/g) ?? []) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@/.exec(line);
    if (hunk !== null) {
      const start = Number(hunk[1]) - (hunk[2] === '0' ? 0 : 1);
      out.push(...lines.slice(at, start));
      at = start;
    } else if (line.startsWith('\\')) {
      if (last !== '-') out.push((out.pop() ?? '').replace(/\n$/, ''));
    } else {
      last = line.charAt(0);
      if (last !== '+') at += 1;
      if (last !== '-') out.push(line.slice(1));
    }
  }
  return [...out, ...lines.slice(at)].join('');
}

const text = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c', '', '@@ -1 +1 @@', '-x'), { maxLength: 40 }), fc.boolean())
  .map(([lines, ended]) => lines.join('\n') + (ended && lines.length > 0 ? '\n' : ''));

describe('unified diffs', () => {
  it('turn one text into the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(patched(before, unifiedDiff(before, after))).toBe(after);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it('are as diff programs write them', () => {
    const before = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join('');
    expect(fileDiff('x', before, before.replace('line 3\n', 'line three\n').replace('line 19\n', 'line 19'))).toBe(
      [
        '--- a/x',
        '+++ b/x',
        '@@ -1,7 +1,7 @@',
        ' line 0',
        ' line 1',
        ' line 2',
        '-line 3',
        '+line three',
        ' line 4',
        ' line 5',
        ' line 6',
        '@@ -17,4 +17,4 @@',
        ' line 16',
        ' line 17',
        ' line 18',
        '-line 19',
        '+line 19',
        String.raw`\ No newline at end of file`,
        '',
      ].join('\n'),
    );
    expect(fileDiff('x', undefined, 'a\n')).toBe('--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n');
    expect(unifiedDiff('a\n', undefined)).toBe('@@ -1 +0,0 @@\n-a\n');
    expect(unifiedDiff('same', 'same')).toBe('');
  });

  it('take no longer than they may for texts that have nothing in common', () => {
    const one = Array.from({ length: 20_000 }, (_, index) => `a${index}\n`).join('');
    const diff = unifiedDiff(one, one.replaceAll('a', 'b'));
    expect(diff.split('\n').length).toBe(40_002);
  });
});

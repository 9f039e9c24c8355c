import { expect, it } from 'vitest';
import { lineByLine } from './lines.ts';

const told = (...pieces: string[]): string[] => {
  const out: string[] = [];
  const lines = lineByLine((line) => out.push(line));
  for (const piece of pieces) lines.push(piece);
  lines.end();
  return out;
};

it.each<[string, string[], string[]]>([
  ['in pieces', ['a', 'b\nc', '\n', 'd'], ['ab', 'c', 'd']],
  ['with empty lines', ['\n\na \r\n \n'], ['a']],
  ['that is written over', ['10%\r50%\r100%\nend'], ['100%', 'end']],
  ['in colours', ['\u001b[1;31merror:\u001b[0m\tno\n\u001b[m\n'], ['error:\tno']],
  ['that would write to a terminal', ['remote: \u001b]0;title\u0007\u009b2J\n'], ['remote: \u{fffd}]0;title\u{fffd}\u{fffd}2J']],
  ['with long lines', [`${'x'.repeat(600)}\n`], [`${'x'.repeat(500)}…`]],
  ['without a line end', ['x'.repeat(5000), 'y'], [`${'x'.repeat(500)}…`]],
])('tells what comes %s', (_, pieces, want) => {
  expect(told(...pieces)).toEqual(want);
});

it('tells only the beginning of much', () => {
  const lines = told('line\n'.repeat(10_000));
  expect([lines.length, lines.at(-1)]).toEqual([201, '… (more lines)']);
});

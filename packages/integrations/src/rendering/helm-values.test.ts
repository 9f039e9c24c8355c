import { describe, expect, it } from 'vitest';
import { helmValueArguments, VALUE_FILES } from './helm-values.ts';

describe('values for helm', () => {
  it.each([
    ['mere text goes through a file', { value: 'secret, a=b' }, [`--set-file=k=${VALUE_FILES}/0`], ['secret, a=b']],
    ['so does text that only looks like a number', { value: '1.10' }, [`--set-file=k=${VALUE_FILES}/0`], ['1.10']],
    ['numbers', { value: '42' }, ['--set=k=42'], []],
    ['flags', { value: 'true' }, ['--set=k=true'], []],
    ['nothing', { value: 'null' }, ['--set=k=null'], []],
    ['lists', { value: '{a,b}' }, ['--set=k={a,b}'], []],
    ['escapes', { value: String.raw`a\,b,c` }, [String.raw`--set=k=a\,b\,c`], []],
    ['forced text', { value: '42', forceString: true }, ['--set-string=k=42'], []],
    ['literals', { value: '{a}', literal: true }, [`--set-file=k=${VALUE_FILES}/0`], ['{a}']],
  ])('%s', (_, value, args, files) => {
    expect(helmValueArguments([{ name: 'k', ...value }])).toEqual({ args, files });
  });

  it('are literal last', () => {
    const { files } = helmValueArguments([
      { name: 'a', value: 'first', literal: true },
      { name: 'a', value: 'second' },
    ]);
    expect(files).toEqual(['second', 'first']);
  });
});

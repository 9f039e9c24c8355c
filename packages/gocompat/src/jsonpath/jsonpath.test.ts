import { describe, expect, it } from 'vitest';
import { ParseError } from '../parse-error.ts';
import { readVectors } from '../testing/vectors.ts';
import { compileJSONPath, compileJSONPathExpression } from './jsonpath.ts';

interface Vector {
  id: string;
  format: string;
  template: string;
  document: unknown;
  allowMissingKeys?: boolean;
  exit: number;
  stdout: string;
  stderr?: string;
  unordered?: boolean;
}

function run({ format, template, document, allowMissingKeys }: Vector): { exit: number; stdout: string; stderr: string } {
  try {
    const path = compileJSONPath(template, { allowMissingKeys, numbers: 'float' });
    return { exit: 0, stdout: format === 'jsonpath' ? path.print(document) : path.printJSON(document), stderr: '' };
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError);
    return { exit: 1, stdout: '', stderr: (error as Error).message };
  }
}

/** The cause in an error text of kubectl, without what it adds for debugging. */
function cause(stderr: string): string {
  return stderr
    .replace(/^error: /, '')
    .replace('Error executing template: ', '')
    .replace(/\. Printing more information.*$/, '');
}

const words = (text: string): string =>
  text
    .split(/\s+/)
    .map((word) => word.replace(/,$/, ''))
    .toSorted()
    .join(' ');

describe('against kubectl', () => {
  it('agrees with every recorded output [S45]', () => {
    const vectors = readVectors<Vector>('jsonpath.jsonl').filter(({ format }) => format.startsWith('jsonpath'));
    const differences = vectors.flatMap((vector) => {
      const got = run(vector);
      const shape = vector.unordered === true ? words : (text: string): string => text;
      const agrees =
        got.exit === vector.exit &&
        (vector.exit === 0 ? shape(got.stdout) === shape(vector.stdout) : got.stderr === cause(vector.stderr ?? ''));
      return agrees ? [] : [{ id: vector.id, template: vector.template, want: [vector.stdout, vector.stderr], got }];
    });
    expect(differences).toEqual([]);
  });
});

describe('JSONPath templates', () => {
  const data = {
    items: [
      { name: 'a', n: 1, tags: ['x', 'y'], 'kargo.akuity.io/k': 'v' },
      { name: 'b', n: 1000000, on: null },
    ],
    '': 'empty',
    10: 'ten',
    9: 'nine',
    html: '<&>',
  };

  it.each([
    ['{.items[0].name}', 'a'],
    ['{$.items[0].name}', 'a'],
    ['{.items[*].name}', 'a b'],
    ['{.items[?(@.n>1)].name}', 'b'],
    ['{.items[?(@.n>=1.0)].name}', 'a b'],
    ['{.items[?(@.n==1000000)].n}', '1000000'],
    ['{.items[-1].name}', 'b'],
    ['{.items[0].kargo\\.akuity\\.io/k}', 'v'],
    ["{.items[0]['name','n']}", 'a 1'],
    ['{range .items[*]}{.name}={.n}{"\\n"}{end}done', 'a=1\nb=1000000\ndone'],
    ['{range .items[*]}{range .tags[*]}[{@}]{end}{.name};{end}', '[x][y]a;b;'],
    ['{.items[1].on}', 'null'],
    ['{.constructor}', ''],
    ['{.items[0].tags.length}', ''],
    [
      '{}',
      '{"":"empty","10":"ten","9":"nine","html":"\\u003c\\u0026\\u003e","items":[{"kargo.akuity.io/k":"v","n":1,"name":"a","tags":["x","y"]},{"n":1000000,"name":"b","on":null}]}',
    ],
  ])('%s prints %j', (template, want) => {
    expect(compileJSONPath(template).print(data)).toBe(want);
  });

  it.each(['', '{', '{.a', '{[}', '{[a]}', '{"x}', '{.a[?(@.x}', '{.items[0]', '{-}'])('refuses %j', (template) => {
    expect(() => compileJSONPath(template)).toThrow(ParseError);
  });

  it('tells null from missing', () => {
    const path = compileJSONPath('{.items[1].on}');
    expect(path.first(data)).toEqual({ found: true, value: null });
    expect(path.first({ items: [{}, {}] })).toEqual({ found: false });
    expect(() => compileJSONPath('{.gone}', { allowMissingKeys: false }).first(data)).toThrow('gone is not found');
  });

  it.each([
    ['.items[1].name', 'b'],
    ['$.items[1].name', 'b'],
    ['{.items[1].name}', 'b'],
    ['{$.items[*].name}', 'a'],
    ["['html']", '<&>'],
  ])('the expression %s finds %j first', (path, want) => {
    expect(compileJSONPathExpression(path).first(data)).toEqual({ found: true, value: want });
  });
});

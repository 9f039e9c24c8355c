import { describe, expect, it } from 'vitest';
import { ParseError } from '../parse-error.ts';
import { readVectors } from '../testing/vectors.ts';
import { compileGoTemplate } from './go-template.ts';

interface Vector {
  id: string;
  format: string;
  template: string;
  document: unknown;
  allowMissingKeys?: boolean;
  exit: number;
  stdout: string;
}

describe('against kubectl', () => {
  it('agrees with every recorded output', () => {
    const vectors = readVectors<Vector>('jsonpath.jsonl').filter(({ format }) => format === 'go-template');
    const differences = vectors.flatMap(({ id, template, document, allowMissingKeys, exit, stdout }) => {
      const got = run(template, document, allowMissingKeys);
      const wanted = / at <[^>]*>: (.*?)\. Printing more/.exec(stdout)?.[1];
      const agrees =
        got.exit === exit && (exit === 0 ? got.text === stdout : wanted === undefined || got.text.includes(causeOf(wanted)));
      return agrees ? [] : [{ id, template, stdout, got }];
    });
    expect(differences).toEqual([]);
  });
});

/** The part of a message that names the cause, without the text of the value. */
function causeOf(message: string): string {
  return message.replace('non-function .kind of', 'non-function of');
}

function run(template: string, data: unknown, allowMissingKeys?: boolean): { exit: number; text: string } {
  try {
    return { exit: 0, text: compileGoTemplate(template, { allowMissingKeys }).print(data) };
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError);
    return { exit: 1, text: (error as Error).message };
  }
}

describe('Go templates', () => {
  const data = {
    name: 'web',
    n: 3,
    f: 1.5,
    none: null,
    on: true,
    list: ['a', 'b', 'c'],
    empty: [],
    map: { z: 1, a: { deep: 'x' } },
    items: [{ k: 'one', v: 1 }, { k: 'two' }],
  };

  it.each([
    ['plain {{.name}} text', 'plain web text'],
    [
      '{{.}}',
      'map[empty:[] f:1.5 items:[map[k:one v:1] map[k:two]] list:[a b c] map:map[a:map[deep:x] z:1] n:3 name:web none:<nil> on:true]',
    ],
    ['{{.map.a.deep}}|{{.map.nothing.more}}|{{.none}}', 'x|<no value>|<no value>'],
    ['a {{- .name -}} b', 'awebb'],
    ['a\n{{- /* comment */ -}}\nb', 'ab'],
    ['{{if .on}}yes{{else}}no{{end}}', 'yes'],
    ['{{if .empty}}1{{else if eq .n 3}}2{{else}}3{{end}}', '2'],
    ['{{with .map.a}}{{.deep}}{{$.name}}{{end}}{{with .none}}x{{else}}none{{end}}', 'xwebnone'],
    ['{{range .list}}{{.}},{{end}}', 'a,b,c,'],
    ['{{range $k, $v := .map}}{{$k}};{{end}}', 'a;z;'],
    ['{{range $x := .list}}{{$x}}{{end}}', 'abc'],
    ['{{range .empty}}x{{else}}nothing{{end}}{{range .none}}x{{else}}nil{{end}}', 'nothingnil'],
    ['{{range $i, $x := .list}}{{if eq $i 1}}{{continue}}{{end}}{{$x}}{{if eq $x "c"}}{{break}}{{end}}{{end}}', 'ac'],
    ['{{$n := 1}}{{if .on}}{{$n = 2}}{{end}}{{$n}}', '2'],
    ['{{$n := 1}}{{if .on}}{{$n := 2}}{{$n}}{{end}}{{$n}}', '21'],
    ['{{len .list}}{{len .name}}{{len .map}}', '332'],
    ['{{index .list 1}}{{index .map "a" "deep"}}{{index .map "q"}}', 'bx<no value>'],
    ['{{slice .list 1}}{{slice .name 0 2}}', '[b c]we'],
    ['{{and .on .n}} {{or .empty .name}} {{not .none}} {{and .empty (index .list 9)}}', '3 web true []'],
    ['{{eq .n 1 2 3}} {{ne .name "x"}} {{lt 1 2}} {{ge "b" "a"}} {{le .f 1.5}}', 'true true true true true'],
    [
      '{{printf "%s-%03d|%-5s|%5.2f|%q|%v|%t|%x" .name .n "ab" .f "q\\"" .list true 255}}',
      'web-003|ab   | 1.50|"q\\""|[a b c]|true|ff',
    ],
    ['{{printf "%d %s %" "x"}}', '%!d(string=x) %!s(MISSING) %!(NOVERB)'],
    ['{{printf "%s %d" .list .map}}', '[a b c] map[%!d(string=a):map[%!d(string=deep):%!d(string=x)] %!d(string=z):1]'],
    ['{{urlquery .gone 1}}', '%3Cno+value%3E1'],
    ['{{range $i := 3}}{{$i}}{{end}}', '012'],
    ['{{print nil .on "x"}}', '<nil> truex'],
    ['{{print 1 2 "a" "b" 3}}', '1 2ab3'],
    ['{{println "a" 1}}', 'a 1\n'],
    ['{{"a<b" | html}} {{"x" | printf "%s%s" "y"}}', 'a&lt;b yx'],
    ['{{define "row"}}[{{.k}}]{{end}}{{range .items}}{{template "row" .}}{{end}}', '[one][two]'],
    ['{{block "b" .name}}<{{.}}>{{end}}', '<web>'],
    ['{{(index .items 0).k}}{{`raw`}}{{"\\t"}}{{0x10}}{{1e3}}', 'oneraw\t161000'],
    ['{{exists .map "a" "deep"}} {{exists .map "q"}} {{"d2Vi" | base64decode}}', 'true false web'],
    ['{{range .items}}{{.v}} {{end}}', '1 <no value> '],
  ])('%s prints %j', (template, want) => {
    expect(run(template, data)).toEqual({ exit: 0, text: want });
  });

  it.each([
    ['{{', /unclosed action/],
    ['{{.a', /unclosed action/],
    ['{{/* x', /unclosed comment/],
    ['{{if .a}}', /unexpected EOF in if/],
    ['{{end}}', /unexpected \{\{end\}\}/],
    ['{{nonsense 1}}', /function "nonsense" not defined/],
    ['{{$x}}', /undefined variable "\$x"/],
    ['{{if}}x{{end}}', /missing value for if/],
    ['{{break}}', /outside \{\{range\}\}/],
    ['{{.a | 1}}', /non executable command in pipeline stage 2/],
    ['{{(.a}}', /unclosed left paren/],
    ['{{.none.x}}', /nil pointer evaluating interface \{\}\.x/],
    ['{{.name.x}}', /can't evaluate field x/],
    ['{{index .list 9}}', /error calling index: index out of range: 9/],
    ['{{lt 1 "a"}}', /incompatible types for comparison/],
    ['{{template "gone"}}', /template "gone" not defined/],
    ['{{define "r"}}{{template "r"}}{{end}}{{template "r"}}', /exceeded maximum template depth/],
    ['{{.name "x"}}', /has arguments but cannot be invoked as function/],
    ['{{nil}}', /nil is not a command/],
    ['{{range .name}}x{{end}}', /range can't iterate over web/],
    ['{{range 1000000}}x{{end}}', /range can't iterate over 1000000/],
    ['{{index .list .f}}', /cannot index slice\/array with type float64/],
  ])('%s fails: %s', (template, message) => {
    const got = run(template, data);
    expect(got.exit).toBe(1);
    expect(got.text).toMatch(message);
  });

  it('fails for missing keys when told to', () => {
    expect(run('{{.gone}}', data, false)).toMatchObject({ exit: 1 });
    expect(run('{{.gone}}', data, true)).toEqual({ exit: 0, text: '<no value>' });
  });
});

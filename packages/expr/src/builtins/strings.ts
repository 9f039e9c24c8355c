import { BOOL, INT, LIST, STRING, STRINGS, type CheckedSignature, type Type } from '../checker/type.ts';
import { isSpace } from '../lexer/characters.ts';
import { asString, failure } from '../values/failure.ts';
import { filled, NIL_STRINGS, StringList } from '../values/lists.ts';
import { toInt } from '../values/numbers.ts';
import { encodeText, textLength } from '../values/text.ts';
import { goTypeName } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';
import type { Run } from '../compiler/run.ts';
import type { Builtin } from './builtin.ts';

const way = (result: Type, ...params: Type[]): CheckedSignature => ({ params, result });
/** Its lower case is two characters except where each character is mapped to one. */
const DOTTED_I = '\u0130';
const TEXT_WAYS = [way(STRING, STRING, STRING), way(STRING, STRING)];

/** Characters of a string in cases that have one: Go maps each on its own and leaves those that would become several. */
function mapCase(text: string, change: (character: string) => string): string {
  return Array.from(text, (character) => {
    const changed = change(character);
    return textLength(changed) === 1 ? changed : character;
  }).join('');
}

function trim(args: readonly Value[]): string {
  const characters = Array.from(asString(args[0]));
  const set = args.length > 1 ? new Set(Array.from(asString(args[1]))) : undefined;
  const unwanted = (character: string): boolean => set?.has(character) ?? isSpace(character);
  const start = characters.findIndex((character) => !unwanted(character));
  if (start < 0) return '';
  const end = characters.findLastIndex((character) => !unwanted(character));
  return characters.slice(start, end + 1).join('');
}

/** The pieces of a string, each with the separator behind it if `after`; at most `limit` of them unless negative. */
function split(args: readonly Value[], after: boolean): readonly Value[] {
  const text = asString(args[0]);
  const separator = asString(args[1]);
  const limit = args.length > 2 ? Number(toInt(args[2])) : -1;
  if (limit === 0) return NIL_STRINGS;
  if (separator === '') {
    const characters = Array.from(text);
    const pieces =
      limit > 0 && limit < characters.length
        ? [...characters.slice(0, limit - 1), characters.slice(limit - 1).join('')]
        : characters;
    return filled(new StringList(), pieces);
  }
  const parts = text.split(separator);
  const kept = limit > 0 && limit < parts.length ? [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)] : parts;
  return filled(new StringList(), after ? kept.map((part, index) => (index < kept.length - 1 ? part + separator : part)) : kept);
}

function replace(args: readonly Value[]): string {
  const [text, old, by] = [asString(args[0]), asString(args[1]), asString(args[2])];
  const limit = args.length > 3 ? Number(toInt(args[3])) : -1;
  if (limit === 0 || old === by) return text;
  if (old === '') return replaceEmpty(text, by, limit);
  const parts = text.split(old);
  const count = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  return [parts.slice(0, count + 1).join(by), ...parts.slice(count + 1)].join(old);
}

/** An empty text stands in front of every character and at the end. */
function replaceEmpty(text: string, by: string, limit: number): string {
  const characters = Array.from(text);
  const count = limit < 0 ? characters.length + 1 : limit;
  return (
    characters.map((character, index) => (index < count ? by : '') + character).join('') + (count > characters.length ? by : '')
  );
}

function join(args: readonly Value[], run: Run): string {
  const [list] = args;
  const glue = args.length > 1 ? asString(args[1]) : '';
  const name = goTypeName(list);
  if (name !== '[]string' && name !== '[]interface {}') throw failure(`invalid argument for join (type ${name})`);
  const parts = (list as readonly Value[]).map(asString);
  run.checkLength(parts.reduce((sum, part) => sum + part.length + glue.length, 0));
  return parts.join(glue);
}

function indexIn(args: readonly Value[], find: (text: string, part: string) => number): bigint {
  const text = asString(args[0]);
  const index = find(text, asString(args[1]));
  return BigInt(index <= 0 ? index : textLength(text.slice(0, index)));
}

/** Functions on strings. Positions count characters. */
export const STRING_BUILTINS: readonly Builtin[] = [
  { name: 'trim', signatures: [way(STRING, STRING), way(STRING, STRING, STRING)], call: trim },
  {
    name: 'trimPrefix',
    signatures: TEXT_WAYS,
    call: (args) => {
      const [text, prefix] = [asString(args[0]), args.length > 1 ? asString(args[1]) : ' '];
      return text.startsWith(prefix) ? text.slice(prefix.length) : text;
    },
  },
  {
    name: 'trimSuffix',
    signatures: TEXT_WAYS,
    call: (args) => {
      const [text, suffix] = [asString(args[0]), args.length > 1 ? asString(args[1]) : ' '];
      return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
    },
  },
  {
    name: 'upper',
    signatures: [way(STRING, STRING)],
    call: ([text]) => mapCase(asString(text), (character) => character.toUpperCase()),
  },
  {
    name: 'lower',
    signatures: [way(STRING, STRING)],
    call: ([text]) => mapCase(asString(text), (character) => (character === DOTTED_I ? 'i' : character.toLowerCase())),
  },
  {
    name: 'split',
    signatures: [way(STRINGS, STRING, STRING), way(STRINGS, STRING, STRING, INT)],
    call: (args, run) => counted(split(args, false), run.grow.bind(run)),
  },
  {
    name: 'splitAfter',
    signatures: [way(STRINGS, STRING, STRING), way(STRINGS, STRING, STRING, INT)],
    call: (args, run) => counted(split(args, true), run.grow.bind(run)),
  },
  {
    name: 'replace',
    signatures: [way(STRING, STRING, STRING, STRING, INT), way(STRING, STRING, STRING, STRING)],
    call: (args, run) => {
      const [text, by] = [asString(args[0]), asString(args[2])];
      run.checkLength(text.length + (by.length > 1 ? (text.length + 1) * by.length : 0));
      return replace(args);
    },
  },
  {
    name: 'repeat',
    signatures: [way(STRING, STRING, INT)],
    call: ([value, times], run) => {
      const text = asString(value);
      const count = toInt(times);
      if (count < 0n) throw failure(`invalid argument for repeat (expected positive integer, got ${count})`);
      run.grow(count > 1_000_000n ? Number.POSITIVE_INFINITY : encodeText(text).length * Number(count));
      return text.repeat(Number(count));
    },
  },
  {
    name: 'join',
    signatures: [way(STRING, STRINGS, STRING), way(STRING, LIST, STRING), way(STRING, LIST), way(STRING, STRINGS)],
    call: join,
  },
  { name: 'indexOf', signatures: [way(INT, STRING, STRING)], call: (args) => indexIn(args, (text, part) => text.indexOf(part)) },
  {
    name: 'lastIndexOf',
    signatures: [way(INT, STRING, STRING)],
    call: (args) => indexIn(args, (text, part) => text.lastIndexOf(part)),
  },
  {
    name: 'hasPrefix',
    signatures: [way(BOOL, STRING, STRING)],
    call: ([text, part]) => asString(text).startsWith(asString(part)),
  },
  {
    name: 'hasSuffix',
    signatures: [way(BOOL, STRING, STRING)],
    call: ([text, part]) => asString(text).endsWith(asString(part)),
  },
];

function counted(list: readonly Value[], grow: (elements: number) => void): readonly Value[] {
  grow(list.length);
  return list;
}

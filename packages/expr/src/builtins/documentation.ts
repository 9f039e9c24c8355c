/** What the reference says about the language's own functions. Examples are evaluated where it is made. */

/** A group of functions in the reference. */
export type FunctionGroup = 'lists with a predicate' | 'lists' | 'maps' | 'texts' | 'numbers' | 'conversion' | 'time';

/** One function of the language. */
export interface FunctionDocumentation {
  readonly group: FunctionGroup;
  /** How it is called; what may be left out in brackets. */
  readonly call: string;
  readonly says: string;
  readonly example: string;
}

const entry = (group: FunctionGroup, call: string, says: string, example: string): readonly [string, FunctionDocumentation] => [
  call.slice(0, call.indexOf('(')),
  { group, call, says, example },
];
type Entry = readonly [call: string, says: string, example: string];
const groupOf = (group: FunctionGroup, entries: readonly Entry[]): (readonly [string, FunctionDocumentation])[] =>
  entries.map(([call, says, example]) => entry(group, call, says, example));

/** Every function of the language by its name. */
export const FUNCTION_DOCUMENTATION: ReadonlyMap<string, FunctionDocumentation> = new Map([
  ...groupOf('lists with a predicate', [
    ['all(list, predicate)', 'whether the predicate holds for every element', 'all([1, 2], # > 0)'],
    ['any(list, predicate)', 'whether it holds for one at least', 'any([1, 2], # > 1)'],
    ['none(list, predicate)', 'whether it holds for none', 'none([1, 2], # > 2)'],
    ['one(list, predicate)', 'whether it holds for exactly one', 'one([1, 2], # > 1)'],
    ['filter(list, predicate)', 'the elements for which it holds', 'filter([1, 2, 3], # % 2 == 1)'],
    ['map(list, predicate)', 'what it makes of each element', 'map(["a", "b"], upper(#))'],
    ['count(list[, predicate])', 'for how many elements it holds; without one, how many are true', 'count([1, 2, 3], # > 1)'],
    ['sum(list[, predicate])', 'the sum of the elements, or of what it makes of them', 'sum([1, 2, 3], # * 2)'],
    ['find(list, predicate)', 'the first element for which it holds; nil if there is none', 'find([1, 2, 3], # > 1)'],
    ['findIndex(list, predicate)', 'the index of that element', 'findIndex([1, 2, 3], # > 1)'],
    ['findLast(list, predicate)', 'the last element for which it holds', 'findLast([1, 2, 3], # > 1)'],
    ['findLastIndex(list, predicate)', 'the index of that element', 'findLastIndex([1, 2, 3], # > 1)'],
    ['groupBy(list, predicate)', 'lists of elements by what it makes of them', 'groupBy(["aa", "b", "cc"], len(#))[2]'],
    [
      'sortBy(list, predicate[, order])',
      'the elements in the order of what it makes of them; order: "asc" or "desc"',
      'sortBy(["bb", "a"], len(#))',
    ],
    [
      'reduce(list, predicate[, initial])',
      'the last of the values it makes of #acc, the one before, and each element',
      'reduce([1, 2, 3], #acc + #, 10)',
    ],
  ]),
  ...groupOf('lists', [
    ['len(value)', 'how many elements a list or map has, or characters a text', 'len("héllo")'],
    ['first(list)', 'the first element; nil if there is none', 'first([1, 2])'],
    ['last(list)', 'the last element; nil if there is none', 'last([1, 2])'],
    ['get(value, key)', 'an element by index or key; nil if it is not there', 'get({"a": 1}, "b")'],
    ['take(list, count)', 'the first elements', 'take([1, 2, 3], 2)'],
    ['reverse(list)', 'the elements from the end', 'reverse([1, 2, 3])'],
    ['uniq(list)', 'the elements without repetitions', 'uniq([1, 2, 1])'],
    ['concat(list, …)', 'the elements of all lists', 'concat([1], [2, 3])'],
    ['flatten(list)', 'the elements of lists in the list, and of those in them', 'flatten([1, [2, [3]]])'],
    ['sort(list[, order])', 'the elements in order: "asc" or "desc"', 'sort([2, 1], "desc")'],
    ['join(list[, separator])', 'the texts in one', 'join(["a", "b"], "-")'],
  ]),
  ...groupOf('maps', [
    ['keys(map)', 'the keys', 'keys({"a": 1, "b": 2})'],
    ['values(map)', 'the values', 'values({"a": 1, "b": 2})'],
    ['toPairs(map)', 'lists of a key and its value', 'toPairs({"a": 1})'],
    ['fromPairs(list)', 'a map of such lists', 'fromPairs([["a", 1]]).a'],
  ]),
  ...groupOf('texts', [
    ['trim(text[, characters])', 'without blanks, or these characters, at both ends', 'trim("--a--", "-")'],
    ['trimPrefix(text[, prefix])', 'without what it begins with; without a prefix, without blanks', 'trimPrefix("v1.2", "v")'],
    ['trimSuffix(text[, suffix])', 'without what it ends with', 'trimSuffix("a.yaml", ".yaml")'],
    ['upper(text)', 'in upper case', 'upper("a")'],
    ['lower(text)', 'in lower case', 'lower("A")'],
    ['split(text, separator[, limit])', 'the pieces between separators', 'split("a,b,c", ",", 2)'],
    ['splitAfter(text, separator[, limit])', 'the pieces, each with the separator after it', 'splitAfter("a,b", ",")'],
    ['replace(text, old, new[, limit])', 'with other pieces', 'replace("a-b-c", "-", "+", 1)'],
    ['repeat(text, count)', 'that often in a row', 'repeat("ab", 2)'],
    ['indexOf(text, piece)', 'where it first is; -1 if nowhere', 'indexOf("abcb", "b")'],
    ['lastIndexOf(text, piece)', 'where it last is; -1 if nowhere', 'lastIndexOf("abcb", "b")'],
    ['hasPrefix(text, piece)', 'whether it begins so', 'hasPrefix("v1", "v")'],
    ['hasSuffix(text, piece)', 'whether it ends so', 'hasSuffix("a.yaml", ".yaml")'],
  ]),
  ...groupOf('numbers', [
    ['abs(number)', 'without its sign', 'abs(-1)'],
    ['ceil(number)', 'rounded up', 'ceil(1.2)'],
    ['floor(number)', 'rounded down', 'floor(1.8)'],
    ['round(number)', 'rounded; halves away from zero', 'round(2.5)'],
    ['max(value, …)', 'the largest of numbers, also in lists', 'max(1, [3, 2])'],
    ['min(value, …)', 'the smallest', 'min(1, [3, 2])'],
    ['mean(value, …)', 'the average', 'mean([1, 2, 6])'],
    ['median(value, …)', 'the middle one', 'median([1, 2, 6])'],
    ['bitand(a, b)', 'bits that both have', 'bitand(6, 3)'],
    ['bitor(a, b)', 'bits that one has', 'bitor(6, 3)'],
    ['bitxor(a, b)', 'bits that only one has', 'bitxor(6, 3)'],
    ['bitnand(a, b)', 'bits of the first that the second has not', 'bitnand(6, 3)'],
    ['bitshl(a, count)', 'bits moved to the left', 'bitshl(3, 2)'],
    ['bitshr(a, count)', 'bits moved to the right, with the sign', 'bitshr(-8, 1)'],
    ['bitushr(a, count)', 'bits moved to the right, without a sign', 'bitushr(8, 1)'],
    ['bitnot(a)', 'the other bits', 'bitnot(6)'],
  ]),
  ...groupOf('conversion', [
    ['int(value)', 'a whole number, of a number or text', 'int("42")'],
    ['float(value)', 'a number with a fraction', 'float("1.5")'],
    ['string(value)', 'a text', 'string(42)'],
    ['type(value)', 'the name of its type', 'type([1])'],
    ['toJSON(value)', 'as JSON, on lines of its own', 'toJSON([1])'],
    ['fromJSON(text)', 'what a JSON text says', `fromJSON('{"a": 1}')`],
    ['toBase64(text)', 'in base64', 'toBase64("hi")'],
    ['fromBase64(text)', 'of base64', 'fromBase64("aGk=")'],
  ]),
  ...groupOf('time', [
    ['now()', 'the time of the evaluation, where there is one', 'type(now())'],
    ['duration(text)', 'a length of time', 'duration("1h30m").Minutes()'],
    ['date(text[, format[, timezone]])', 'a time, of a text', 'date("2026-01-02").Year()'],
    ['timezone(name)', 'a time zone', 'string(timezone("UTC"))'],
  ]),
]);

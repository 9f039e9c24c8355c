import { describe, expect, it } from 'vitest';
import { PREDICATE_BUILTINS } from '../parser/predicate-builtins.ts';
import { FUNCTION_DOCUMENTATION } from './documentation.ts';
import { BUILTINS } from './registry.ts';

/** Every function of the language, by the names of its version 1.17. */
const NAMES =
  'all any none one filter map find findIndex findLast findLastIndex count sum groupBy sortBy reduce len first last take get reverse uniq concat flatten sort join keys values toPairs fromPairs trim trimPrefix trimSuffix upper lower split splitAfter replace repeat indexOf lastIndexOf hasPrefix hasSuffix abs ceil floor round int float max min mean median bitand bitor bitxor bitnand bitnot bitshl bitshr bitushr string type toJSON fromJSON toBase64 fromBase64 now duration date timezone'.split(
    ' ',
  );

describe('the functions of the language', () => {
  it('are all there, and no others', () => {
    const own = [...BUILTINS.keys(), ...PREDICATE_BUILTINS.keys()];
    expect([...new Set(own)].toSorted()).toEqual(NAMES.toSorted());
  });

  it('are described, each with an example', () => {
    expect([...FUNCTION_DOCUMENTATION.keys()].toSorted()).toEqual(NAMES.toSorted());
    for (const [name, { example }] of FUNCTION_DOCUMENTATION) expect(example).toContain(`${name}(`);
  });
});

import type { Builtin } from './builtin.ts';
import { CONVERSION_BUILTINS } from './conversions.ts';
import { LIST_BUILTINS } from './lists.ts';
import { MAP_BUILTINS } from './maps.ts';
import { NUMBER_BUILTINS } from './numbers.ts';
import { STRING_BUILTINS } from './strings.ts';
import { TIME_BUILTINS } from './times.ts';

/** The language's own functions that take values only, by name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  [LIST_BUILTINS, MAP_BUILTINS, STRING_BUILTINS, NUMBER_BUILTINS, CONVERSION_BUILTINS, TIME_BUILTINS]
    .flat()
    .map((builtin) => [builtin.name, builtin]),
);

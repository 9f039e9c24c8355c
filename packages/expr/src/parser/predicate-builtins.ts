const PREDICATE = ['list', 'predicate'];

/** The functions that take a predicate, with their parameters; a `?` marks those that may be left out. */
export const PREDICATE_BUILTINS: ReadonlyMap<string, readonly string[]> = new Map([
  ['all', PREDICATE],
  ['none', PREDICATE],
  ['any', PREDICATE],
  ['one', PREDICATE],
  ['filter', PREDICATE],
  ['map', PREDICATE],
  ['count', ['list', 'predicate?']],
  ['sum', ['list', 'predicate?']],
  ['find', PREDICATE],
  ['findIndex', PREDICATE],
  ['findLast', PREDICATE],
  ['findLastIndex', PREDICATE],
  ['groupBy', PREDICATE],
  ['sortBy', ['list', 'predicate', 'order?']],
  ['reduce', ['list', 'predicate', 'initial?']],
]);

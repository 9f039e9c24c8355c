import { Environment } from '@marcbachmann/cel-js';
import { compileRE2, type RE2 } from '@kargo/gocompat';
import { CostExceededError, nodesOf, RULE_COST } from './cel-cost.ts';

/** Rules in this many patterns are kept compiled. */
const MAX_PATTERNS = 500;

/** The longest text that a rule could pay for. */
const MAX_TEXT = RULE_COST * 10;

/** The name under which patterns run with RE2 semantics: those of the library can take forever. */
const MATCHES = 'matchesRE2';

/** CEL with the functions that Kubernetes adds for strings and lists. */
export function celEnvironment(): Environment {
  const patterns = new Map<string, RE2>();
  const compiled = (pattern: string): RE2 => {
    let found = patterns.get(pattern);
    if (found === undefined) {
      if (patterns.size >= MAX_PATTERNS) patterns.clear();
      found = compileRE2(pattern);
      patterns.set(pattern, found);
    }
    return found;
  };
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: 2000, maxDepth: 50 },
  });
  const add = (signature: string, handler: (...args: never[]) => unknown): void => {
    environment.registerFunction(signature, handler as (...args: unknown[]) => unknown, { async: false });
  };
  add(`string.${MATCHES}(string): bool`, (text: string, pattern: string) => compiled(pattern).test(text));
  add('string.charAt(int): string', (text: string, at: bigint) => {
    const characters = Array.from(text);
    if (at < 0n || at > characters.length) throw new Error(`index out of range: ${at}`);
    return characters[Number(at)] ?? '';
  });
  add('string.replace(string, string): string', (text: string, from: string, to: string) => {
    // What is made is paid for afterwards: it must not be more than a rule could pay for.
    if (text.length + text.split(from).length * to.length > MAX_TEXT) throw new CostExceededError('the text would be too long');
    return text.replaceAll(from, () => to);
  });
  add('isURL(string): bool', (text: string) => URL.canParse(text));
  add('list.isSorted(): bool', (list: unknown[]) => list.every((item, index) => index === 0 || !less(item, list[index - 1])));
  add('list.sum(): dyn', (list: unknown[]) =>
    list.length === 0
      ? 0n
      : list.reduce((sum, item) =>
          typeof sum === 'bigint' && typeof item === 'bigint' ? sum + item : Number(sum) + Number(item),
        ),
  );
  add('list.min(): dyn', (list: unknown[]) => extreme(list, (a, b) => less(a, b)));
  add('list.max(): dyn', (list: unknown[]) => extreme(list, (a, b) => less(b, a)));
  add('list.indexOf(dyn): int', (list: unknown[], value: unknown) => BigInt(list.findIndex((item) => item === value)));
  add('list.lastIndexOf(dyn): int', (list: unknown[], value: unknown) => BigInt(list.findLastIndex((item) => item === value)));
  return environment;
}

function less(a: unknown, b: unknown): boolean {
  return (a as bigint) < (b as bigint);
}

function extreme(list: readonly unknown[], better: (a: unknown, b: unknown) => boolean): unknown {
  if (list.length === 0) throw new Error('min and max of an empty list');
  return list.reduce((best, item) => (better(item, best) ? item : best));
}

/** Has a parsed rule use {@link MATCHES} where it says `matches`. */
export function useRE2(root: unknown): void {
  for (const { op, args } of nodesOf(root)) if (op === 'rcall' && Array.isArray(args) && args[0] === 'matches') args[0] = MATCHES;
}

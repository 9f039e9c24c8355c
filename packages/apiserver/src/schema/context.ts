import { compileRE2, type RE2 } from '@kargo/gocompat';
import { celRules, rulesCompareOld } from './cel.ts';
import type { ValidationContext } from './validate.ts';

/** Definitions come and go at run time: more patterns than this are compiled again. */
const MAX_PATTERNS = 5000;

/** Patterns run with RE2 semantics and rules as CEL, each compiled once. */
export function validationContext(): ValidationContext {
  const patterns = new Map<string, RE2>();
  return {
    matchesPattern: (pattern, text) => {
      let compiled = patterns.get(pattern);
      if (compiled === undefined) {
        if (patterns.size >= MAX_PATTERNS) patterns.clear();
        compiled = compileRE2(pattern);
        patterns.set(pattern, compiled);
      }
      return compiled.test(text);
    },
    rules: celRules(),
    comparesOld: rulesCompareOld(),
  };
}

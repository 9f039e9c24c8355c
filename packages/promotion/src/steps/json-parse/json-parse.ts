import type { Json } from '@kargo/api';
import { parseStep } from '../files/parse-step.ts';

/** Reads values from a JSON file with expressions. Outputs: one by each name. */
export const jsonParse = parseStep({
  name: 'json-parse',
  format: 'JSON',
  hasIntegers: false,
  parse(text) {
    try {
      return JSON.parse(text.replace(/^\ufeff/, '')) as Json;
    } catch (error) {
      throw new Error(`not valid JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  },
});

import { parseStep } from '../files/parse-step.ts';

/** Reads values from a JSON file with expressions. Outputs: one by each name. */
export const jsonParse = parseStep('json-parse', 'JSON');

import { parseStep } from '../files/parse-step.ts';

/** Reads values from the first document of a YAML file with expressions. Outputs: one by each name. */
export const yamlParse = parseStep('yaml-parse', 'YAML');

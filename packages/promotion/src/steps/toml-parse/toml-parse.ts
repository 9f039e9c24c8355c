import { parseStep } from '../files/parse-step.ts';

/** Reads values from a TOML file with expressions. Times are texts. Outputs: one by each name. */
export const tomlParse = parseStep('toml-parse', 'TOML');

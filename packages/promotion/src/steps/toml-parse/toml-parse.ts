import { parse } from '@decimalturn/toml-patch';
import { toJson } from '../../engine/json.ts';
import { parseStep } from '../files/parse-step.ts';

/** Reads values from a TOML file with expressions. Times are texts. Outputs: one by each name. */
export const tomlParse = parseStep({
  name: 'toml-parse',
  format: 'TOML',
  hasIntegers: true,
  parse(text) {
    const document: unknown = parsed(text);
    if (typeof document !== 'object' || document === null || Object.keys(document).length === 0)
      throw new Error('the file is empty');
    return toJson(document);
  },
});

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new Error(`not valid TOML: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

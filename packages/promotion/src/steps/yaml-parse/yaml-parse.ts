import { readYaml } from '@kargo/integrations';
import { toBoundedJson } from '../../engine/json.ts';
import { parseStep } from '../files/parse-step.ts';

/** Bytes that a document may take when everything its aliases stand for is written out. */
const MAX_DOCUMENT = 32 * 1024 * 1024;

/** Reads values from the first document of a YAML file with expressions. Outputs: one by each name. */
export const yamlParse = parseStep({
  name: 'yaml-parse',
  format: 'YAML',
  hasIntegers: true,
  parse(text) {
    const document = readYaml(text);
    if (document === undefined || document === null) throw new Error('the file is empty');
    return toBoundedJson(document, MAX_DOCUMENT);
  },
});

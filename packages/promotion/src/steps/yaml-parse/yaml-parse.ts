import { parseYaml } from '@kargo/integrations';
import { toJson } from '../../engine/json.ts';
import { parseStep } from '../files/parse-step.ts';

/** Reads values from the first document of a YAML file with expressions. Outputs: one by each name. */
export const yamlParse = parseStep({
  name: 'yaml-parse',
  format: 'YAML',
  hasIntegers: true,
  parse(text) {
    const [document] = parseYaml(text);
    if (document === undefined || document.contents === null) throw new Error('the file is empty');
    return toJson(document.toJS({ maxAliasCount: 1000 }));
  },
});

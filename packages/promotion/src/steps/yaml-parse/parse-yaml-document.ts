import type { Json } from '@kargo/api';
import { readYaml } from '@kargo/integrations';
import { toBoundedJson } from '../../engine/json.ts';

/** Bytes that a document may take when everything its aliases stand for is written out. */
const MAX_DOCUMENT = 32 * 1024 * 1024;

/** What the first document of a YAML text says. Fails if that is nothing. */
export function parseYamlDocument(text: string): Json {
  const document = readYaml(text);
  if (document === undefined || document === null) throw new Error('the file is empty');
  return toBoundedJson(document, MAX_DOCUMENT);
}

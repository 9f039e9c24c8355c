import { CORE_SCHEMA, loadAll, mergeTag, YAMLException } from 'js-yaml';
import { EditError } from './edit-error.ts';
import { parseYaml } from './edit-yaml.ts';

const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

/** Characters of a text with tags or keys of one's own, which takes much longer to read. */
const LARGEST_UNUSUAL = 1024 * 1024;

/**
 * What the first document of a YAML text says; undefined if there is none. Merge keys (`<<`) are followed, of equal keys the last one counts. What
 * aliases stand for is shared, not copied. Fails with `EditError` `invalid` if the text is not YAML.
 */
export function readYaml(text: string): unknown {
  try {
    const [document] = loadAll(text, { schema: SCHEMA, json: true, maxDepth: 1000 });
    return document;
  } catch (error) {
    if (!(error instanceof YAMLException) && !(error instanceof RangeError)) throw error;
    if (text.length > LARGEST_UNUSUAL)
      throw new EditError('invalid', `not valid YAML: ${error.message.split('\n')[0]}`, { cause: error });
    // Says better what is wrong, if anything is: tags of one's own and keys that are no texts are not.
    const [document] = parseYaml(text);
    return document?.toJS({ maxAliasCount: 1000 });
  }
}

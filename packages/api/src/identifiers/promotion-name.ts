import { truncateBytes } from './bytes.ts';
import { lowerCase } from './clean-url.ts';
import { MAX_NAME } from './shorten.ts';

const ULID_LENGTH = 26;
const SHORT_HASH_LENGTH = 7;
const MAX_PREFIX = MAX_NAME - 1 - ULID_LENGTH - 1 - SHORT_HASH_LENGTH;

function generatedName(prefix: string, ulid: string, hash: string): string {
  const cut = truncateBytes(prefix, MAX_PREFIX);
  const head = cut === prefix ? cut : cut.replace(/[.-]+$/, '');
  return lowerCase(`${head}.${ulid}.${hash.slice(0, SHORT_HASH_LENGTH)}`);
}

/**
 * `<stage>.<ulid>.<first 7 characters of the Freight's name>`, at most 253 bytes. Names of one Stage sort in order of creation.
 * With a `target`, `<stage>.<target>` takes the place of the Stage. Empty if Stage or Freight is.
 */
export function promotionName(stage: string, freight: string, ulid: string, target = ''): string {
  if (stage === '' || freight === '') return '';
  return generatedName(target === '' ? stage : `${stage}.${target}`, ulid, freight);
}

/** `<stage>.<ulid>.<first 7 characters of the collection's id>`, at most 253 bytes. */
export function analysisRunName(stage: string, ulid: string, collection: string): string {
  return generatedName(stage, ulid, collection);
}

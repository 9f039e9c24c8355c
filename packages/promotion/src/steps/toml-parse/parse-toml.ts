import { parse } from '@decimalturn/toml-patch';
import type { Json } from '@kargo/api';
import { toJson } from '../../engine/json.ts';

/** What a TOML text says; times as texts. Fails if that is nothing. */
export function parseToml(text: string): Json {
  const document: unknown = parsed(text);
  if (typeof document !== 'object' || document === null || Object.keys(document).length === 0)
    throw new Error('the file is empty');
  return toJson(document);
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new Error(`not valid TOML: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

import { toByteString } from './bytes.ts';
import { cleanURL, lowerCase } from './clean-url.ts';
import { normalizeImageURL } from './image-url.ts';
import { parseURL } from './rfc3986-url.ts';

/**
 * One form for all spellings of a chart repository's URL. Two oddities are kept, because names of existing Freight depend on them: HTTP
 * URLs survive only because `https:` passes for a registry, and one with a port and no path loses its port.
 */
export function normalizeChartURL(original: string): string {
  const text = cleanURL(original);
  if (parseURL(toByteString(text)) === undefined) return original;
  return normalizeImageURL(lowerCase(text).replace(/^oci:\/\//, ''));
}

import { Buffer } from 'node:buffer';
import { load } from 'js-yaml';

/** Versions by the name of the chart. */
export type ChartIndex = Map<string, string[]>;

/** Charts and versions that are kept of one index; more is no repository but an attack. */
const MAX_VERSIONS = 1_000_000;
const MAX_LENGTH = 256;

/**
 * The charts of an `index.yaml`. Entries that are not what they should be are left out; fails with a plain `Error` if the whole is not.
 * Takes seconds for large ones: to be called where nobody waits, see {@link parseApart}.
 */
export function readIndex(content: Uint8Array): ChartIndex {
  const text = Buffer.from(content).toString();
  const document: unknown = text.trimStart().startsWith('{') ? JSON.parse(text) : load(text);
  const entries = field(document, 'entries');
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries))
    throw new Error('it has no entries; is this the index of a chart repository?');
  const index: ChartIndex = new Map();
  let count = 0;
  for (const [name, list] of Object.entries(entries)) {
    if (!Array.isArray(list)) continue;
    const versions = (list as unknown[]).flatMap((entry) => {
      const version = field(entry, 'version');
      return typeof version === 'string' && version.length <= MAX_LENGTH ? [version] : [];
    });
    count += versions.length;
    if (count > MAX_VERSIONS) throw new Error(`it lists more than ${MAX_VERSIONS} versions`);
    index.set(name, versions);
  }
  return index;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The lines of a vector file of the shared folder, which lies beside the checkout or where KARGO_SHARED says.
 * Where it is absent there are none, and the reason is printed.
 */
export function readVectors<T>(name: string): T[] {
  const root = process.env['KARGO_SHARED'] ?? join(import.meta.dirname, '../../../../../shared');
  const file = join(root, 'vectors', name);
  if (!existsSync(file)) {
    console.warn(`skipped: ${name} is not there (set KARGO_SHARED to the folder that holds vectors/)`);
    return [];
  }
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

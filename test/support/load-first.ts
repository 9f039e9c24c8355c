/** Loaded before a `kargo` command: loads most of its program, and lets the command begin when the parent says so. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

enableCompileCache(join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compile'));
const told = new Promise((resolve) => process.once('message', resolve));
await import('@kargo/controlplane');
await told;
process.disconnect();

import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** What the package of the program is made of. */
const PARTS = ['package.json', 'build-info.json', 'LICENSE', 'README.md', 'bin', 'lib', 'ui'];

/**
 * The package that the file in `directory` belongs to, as npm would have packed it; from a checkout, the one that was packed there last.
 * Undefined if there is none.
 */
export function cliPackageAt(directory: string): (() => Promise<Readable>) | undefined {
  for (let at = directory; dirname(at) !== at; at = dirname(at)) {
    const manifest = manifestIn(at);
    if (manifest?.name === 'kargo') return () => Promise.resolve(packed(at));
    if (manifest?.name === 'kargo-workspace') {
      const file = join(at, 'dist', `kargo-${manifest.version}.tgz`);
      return existsSync(file) ? () => Promise.resolve(createReadStream(file)) : undefined;
    }
  }
  return undefined;
}

function manifestIn(folder: string): { name?: string; version?: string } | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string }) : undefined;
}

/** Packs the parts of an installed package, file by file as they are read. */
function packed(folder: string): Readable {
  const tar = pack();
  const gzip = createGzip();
  tar.on('error', (error) => gzip.destroy(error));
  gzip.on('close', () => tar.destroy());
  void addAll(tar, folder).then(
    () => tar.finalize(),
    (error: unknown) => gzip.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return tar.pipe(gzip);
}

async function addAll(tar: ReturnType<typeof pack>, folder: string): Promise<void> {
  for (const name of filesOf(folder)) {
    const file = join(folder, name);
    const { size, mode } = statSync(file);
    await new Promise<void>((resolve, reject) => {
      // Times are left out, so that the same program is the same file.
      const entry = tar.entry({ name: `package/${name}`, size, mode: mode & 0o755, mtime: new Date(0) }, (error) =>
        error === undefined || error === null ? resolve() : reject(error),
      );
      // Who stops reading in the middle must not leave the file open.
      pipeline(createReadStream(file), entry, (error) => {
        if (error !== null && error !== undefined) reject(error);
      });
    });
  }
}

function filesOf(folder: string): string[] {
  return PARTS.filter((part) => existsSync(join(folder, part)))
    .flatMap((part) =>
      statSync(join(folder, part)).isDirectory()
        ? readdirSync(join(folder, part), { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        : [part],
    )
    .toSorted();
}

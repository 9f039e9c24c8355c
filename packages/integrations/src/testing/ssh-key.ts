import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new SSH key without passphrase, in OpenSSH's format; undefined if OpenSSH is not installed. */
export function sshKey(type: 'ed25519' | 'rsa' = 'ed25519'): { privateKey: string; publicKey: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ssh-key-'));
  try {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'test', '-f', join(folder, 'key')], { stdio: 'ignore' });
    return {
      privateKey: readFileSync(join(folder, 'key'), 'utf8'),
      publicKey: readFileSync(join(folder, 'key.pub'), 'utf8').trim(),
    };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

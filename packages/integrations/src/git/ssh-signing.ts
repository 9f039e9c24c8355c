import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProcessError } from '../process/process-error.ts';
import { GitError } from './git-error.ts';
import type { Signer, SigningOptions } from './signing.ts';

const TIMEOUT_MS = 30_000;

/** Whether a key is one of SSH: in OpenSSH's own format, or in PEM. */
export function isSSHKey(key: string): boolean {
  return /^-----BEGIN (?:OPENSSH|RSA|EC|DSA)? ?PRIVATE KEY-----/m.test(key);
}

/**
 * Lets `action` sign and verify with an SSH private key without passphrase, from a private file that is gone afterwards. Signatures of
 * Ed25519 and RSA keys are always the same for the same commit. Fails with `invalid` for a key that cannot be used.
 */
export async function withSSHSigner<T>(
  { processes, directory, path }: SigningOptions,
  key: string,
  action: (signer: Signer) => Promise<T>,
): Promise<T> {
  const folder = join(directory, 'ssh-signing', randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [keyFile, signersFile] = [join(folder, 'key'), join(folder, 'allowed-signers')];
  try {
    await writeFile(keyFile, key.endsWith('\n') ? key : `${key}\n`, { mode: 0o600 });
    const { exitCode, stdout, stderr } = await processes.run({
      command: 'ssh-keygen',
      args: ['-y', '-P', '', '-f', keyFile],
      cwd: folder,
      env: { PATH: path, HOME: folder, LC_ALL: 'C' },
      timeout: TIMEOUT_MS,
      secrets: [key],
    });
    const publicKey = stdout.trim();
    if (exitCode !== 0 || publicKey === '')
      throw new GitError(
        'invalid',
        `the signing key cannot be used: give an SSH private key without passphrase; ssh-keygen said: ${stderr.trim().split('\n').at(-1) ?? ''}`,
      );
    // Whoever signed with this key is trusted, whatever name he uses.
    await writeFile(signersFile, `* namespaces="git" ${publicKey.split(' ').slice(0, 2).join(' ')}\n`, { mode: 0o600 });
    return await action({
      env: {},
      settings: [
        'gpg.format=ssh',
        'gpg.ssh.program=ssh-keygen',
        `gpg.ssh.allowedSignersFile=${signersFile}`,
        `user.signingKey=${keyFile}`,
        'commit.gpgSign=true',
        'tag.gpgSign=true',
      ],
    });
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new GitError('failed', `could not prepare signing: ${error.message}; install OpenSSH, or remove the signing key`, {
      cause: error,
    });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

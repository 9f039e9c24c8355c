import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Processes, ProcessResult } from '../process/port.ts';
import { ProcessError } from '../process/process-error.ts';
import { GitError } from './git-error.ts';

/** Longest path of a socket that every system accepts, less the name that the agent of GnuPG appends. */
const MAX_HOME = 80;
const TIMEOUT_MS = 30_000;

/** A keyring that holds one key, and how git uses it. */
export interface Signer {
  env: Readonly<Record<string, string>>;
  /** Settings of git, `name=value`. */
  settings: readonly string[];
}

export interface SigningOptions {
  processes: Processes;
  /** Private folder for keyrings; another one is taken if its path is too long for a socket. */
  directory: string;
  path: string;
}

/**
 * Lets `action` sign and verify with an armored GPG key, in a keyring that is made for it and gone afterwards: no agent keeps running, no
 * stale lock is met. Signatures bear `date` (epoch milliseconds), so that a commit made again is the same. Fails with `invalid` for a key
 * that cannot be used.
 */
export async function withSigner<T>(
  options: SigningOptions,
  key: string,
  date: number | undefined,
  action: (signer: Signer) => Promise<T>,
): Promise<T> {
  const home = await keyringFolder(options.directory);
  const gpg = (program: string, args: readonly string[], input?: string): Promise<ProcessResult> =>
    options.processes.run({
      command: program,
      args,
      cwd: home,
      env: { PATH: options.path, HOME: home, GNUPGHOME: home, LC_ALL: 'C' },
      timeout: TIMEOUT_MS,
      input,
      secrets: [key],
    });
  try {
    await writeFile(join(home, 'gpg.conf'), configuration(date), { mode: 0o600 });
    const imported = await gpg('gpg', ['--import'], key.endsWith('\n') ? key : `${key}\n`);
    const listed = await gpg('gpg', ['--list-secret-keys', '--with-colons']);
    const fingerprint = /^sec:[^\n]*\n(?:[^\n]*\n)*?fpr:{9}([0-9A-F]+):/m.exec(listed.stdout)?.[1];
    if (imported.exitCode !== 0 || fingerprint === undefined) {
      throw new GitError(
        'invalid',
        `the signing key cannot be used: give an armored GPG private key without passphrase; gpg said: ${imported.stderr.trim().split('\n').slice(-2).join(' | ')}`,
      );
    }
    return await action({
      env: { GNUPGHOME: home },
      settings: [
        'gpg.format=openpgp',
        'gpg.program=gpg',
        `user.signingKey=${fingerprint}`,
        'commit.gpgSign=true',
        'tag.gpgSign=true',
      ],
    });
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new GitError('failed', `could not prepare signing: ${error.message}; install GnuPG, or remove the signing key`, {
      cause: error,
    });
  } finally {
    await gpg('gpgconf', ['--kill', 'all']).catch(() => undefined);
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function keyringFolder(directory: string): Promise<string> {
  const parent = join(directory, 'gpg');
  if (Buffer.byteLength(parent) > MAX_HOME) return mkdtemp(join(tmpdir(), 'kargo-gpg-'));
  const home = join(parent, randomBytes(4).toString('hex'));
  await mkdir(home, { recursive: true, mode: 0o700 });
  return home;
}

function configuration(date: number | undefined): string {
  // The keyring holds nothing but the key that was given, so all that is in it is trusted.
  const lines = ['batch', 'no-tty', 'no-greeting', 'trust-model always', 'no-auto-key-retrieve', 'pinentry-mode error'];
  if (date !== undefined) {
    const moment = new Date(date).toISOString().replaceAll(/[-:]|\.\d+Z$/g, '');
    lines.push(`faked-system-time ${moment}!`, 'ignore-time-conflict', 'ignore-valid-from');
  }
  return `${lines.join('\n')}\n`;
}

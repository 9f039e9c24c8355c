import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new armored GPG private key without passphrase; undefined if GnuPG is not installed. */
export function gpgKey(name = 'Kargo <kargo@example.com>'): string | undefined {
  const home = mkdtempSync(join(tmpdir(), 'key-'));
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, GNUPGHOME: home };
  const gpg = (...args: string[]): string =>
    execFileSync('gpg', ['--batch', '--no-tty', '--passphrase', '', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  try {
    gpg('--faked-system-time', '20200101T000000', '--quick-generate-key', name, 'ed25519', 'sign', 'never');
    return gpg('--pinentry-mode', 'loopback', '--armor', '--export-secret-keys');
  } catch {
    return undefined;
  } finally {
    try {
      execFileSync('gpgconf', ['--kill', 'all'], { env, stdio: 'ignore' });
    } catch {
      // Without GnuPG there is nothing to end.
    }
    rmSync(home, { recursive: true, force: true });
  }
}

import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a Chromium is installed on this machine, or why browser tests are skipped. */
export function findChromium(): { program: string } | { skipped: string } {
  const program = process.env['KARGO_CHROMIUM'] ?? PROGRAMS.find((file) => existsSync(file));
  return program === undefined
    ? { skipped: 'no Chromium is installed (Debian: apt-get install chromium); the web UI is not tested in a browser' }
    : { program };
}

export function launch(program: string): Promise<Browser> {
  return chromium.launch({
    executablePath: program,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

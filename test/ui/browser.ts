import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { PASSWORD } from '../e2e/world.ts';

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

/** What would run if the page took text for markup. */
export const HOSTILE = '<img src=x onerror="window.hacked=true">';

/** Somebody's browser in which the administrator is signed in already. Errors of its pages are added to `errors`. */
export async function signedIn(
  browser: Browser,
  address: string,
  errors: string[],
  options: BrowserContextOptions = { viewport: { width: 1280, height: 800 } },
): Promise<BrowserContext> {
  const answer = await fetch(`${address}/v1beta1/login`, { method: 'POST', headers: { authorization: `Bearer ${PASSWORD}` } });
  const { idToken } = (await answer.json()) as { idToken: string };
  const context = await browser.newContext({
    ...options,
    storageState: { cookies: [], origins: [{ origin: address, localStorage: [{ name: 'auth_token', value: idToken }] }] },
  });
  context.setDefaultTimeout(20_000);
  context.on('page', (page) => page.on('pageerror', (error) => errors.push(error.message)));
  return context;
}

/** Whether a page is no wider than its window. */
export const fits = (page: Page): Promise<boolean> => page.evaluate('document.documentElement.scrollWidth <= innerWidth');

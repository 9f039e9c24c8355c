import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installationAt } from './installation.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kargo-installation-'));
  for (const folder of [
    'checkout/packages/controlplane/src',
    'checkout/packages/ui',
    'installed/lib',
    'installed/ui',
    'bare/lib',
  ])
    await mkdir(join(root, folder), { recursive: true });
  for (const file of ['checkout/packages/ui/index.html', 'checkout/packages/ui/package.json', 'installed/ui/index.html'])
    await writeFile(join(root, file), '');
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('an installation', () => {
  it.each([
    [
      'of a checkout, where the sources of the UI have a page too',
      'checkout/packages/controlplane/src',
      'checkout/packages/ui/dist',
    ],
    ['of an installed package', 'installed/lib', 'installed/ui'],
    ['without a UI', 'bare/lib', 'bare/lib/ui'],
  ])('%s has its dashboard', (_, from, dashboard) => {
    expect(installationAt(join(root, from)).dashboard).toBe(join(root, dashboard));
  });
});

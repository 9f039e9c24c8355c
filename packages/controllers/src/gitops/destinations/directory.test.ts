import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application } from '@kargo/api';
import { realWorkspaces } from '@kargo/integrations';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DirectoryDestination } from './directory.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kargo-directory-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it.each([
  [3, 1_000_000, undefined],
  [2, 1_000_000, 'it holds more than 2 manifests, '],
  [3, 200, 'it holds more than 0.0002 MB of manifests, '],
])('a folder of at most %i files and %i bytes with three of 100 bytes: %j', async (files, bytes, problem) => {
  await mkdir(join(root, 'prod/shop/web'), { recursive: true });
  const text =
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: NAME\n  annotations:\n    argocd.argoproj.io/tracking-id: ""\n';
  for (const name of ['a', 'b', 'c'])
    await writeFile(join(root, `prod/shop/web/${name}.yaml`), text.replace('NAME', name).padEnd(100, '#'));
  const { workspace: folder } = await realWorkspaces({ directory: root }).open('prod');
  const destination = new DirectoryDestination({ title: 'dir://prod/shop', folder, path: 'shop', limits: { files, bytes } });
  const looking = destination.live({} as Application, 'web', []);
  if (problem === undefined) await expect(looking).resolves.toEqual([]);
  else
    await expect(looking).rejects.toThrow(
      `${problem}which would all have to be read at every look: give Applications folders of their own, such as dir://prod/shop/NAME`,
    );
});

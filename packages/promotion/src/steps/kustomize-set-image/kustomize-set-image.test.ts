import type { FreightCollection, Image } from '@kargo/api';
import type { Workspace } from '@kargo/integrations';
import type { Client } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import type { StepResult } from '../../step.ts';
import { aWarehouse, FewResources } from '../../testing/resources.ts';
import { somePorts, stepContext, temporaryWorkspaces } from '../../testing/run-fixture.ts';
import { kustomizeSetImage, type KustomizeSetImageConfig } from './kustomize-set-image.ts';

let workspace: Workspace;
let dispose: () => Promise<void>;
beforeEach(async () => {
  const temporary = await temporaryWorkspaces();
  ({ dispose } = temporary);
  ({ workspace } = await temporary.workspaces.open('one'));
});
afterEach(() => dispose());

const image = (repoURL: string) => ({ image: { repoURL } });

async function run(
  images: KustomizeSetImageConfig['images'],
  options: { file?: string; freight?: Record<string, Image[]>; warehouses?: ReturnType<typeof aWarehouse>[] } = {},
): Promise<StepResult & { file: string }> {
  const { freight = { app: [{ repoURL: 'example.com/app', tag: 'v1.10', digest: 'sha256:abc' }] } } = options;
  const { warehouses = [aWarehouse('app', image('example.com/app'))] } = options;
  await workspace.writeFile('base/kustomization.yaml', options.file ?? 'resources: []\n');
  const collection: FreightCollection = {
    id: 'c',
    items: Object.fromEntries(
      Object.entries(freight).map(([name, items]) => [
        `Warehouse/${name}`,
        { name, origin: { kind: 'Warehouse', name }, images: items },
      ]),
    ),
  };
  const context = stepContext<KustomizeSetImageConfig>(
    workspace,
    { path: 'base', images },
    {
      freight: collection,
      freightRequests: warehouses.map(({ metadata }) => ({
        origin: { kind: 'Warehouse', name: metadata.name ?? '' },
        sources: { direct: true },
      })),
    },
  );
  const client = new FewResources(...warehouses) as unknown as Client;
  const result = await runDeclared(kustomizeSetImage, context, somePorts({ client }));
  return { ...result, file: Buffer.from(await workspace.readFile('base/kustomization.yaml')).toString() };
}

describe('kustomize-set-image', () => {
  it('[S14] takes the tag from the Freight being promoted, leaving the rest of the file alone', async () => {
    const { file, output } = await run([{ image: 'example.com/app' }], {
      file: '# top\nimages:\n- name: example.com/app # ours\n  newTag: v1.9 # set by Kargo\n- name: other\n  newTag: v2\nresources: [] # end\n',
    });
    expect(file).toBe(
      '# top\nimages:\n- name: example.com/app # ours\n  newTag: v1.10 # set by Kargo\n- name: other\n  newTag: v2\nresources: [] # end\n',
    );
    expect(output).toEqual({ commitMessage: 'Updated base to use new image\n\n- example.com/app:v1.10' });
  });

  it.each([
    ['a tag', [{ image: 'app', tag: '1.10' }], '- name: app\n  newTag: "1.10"\n', '- app:1.10'],
    ['a digest', [{ image: 'app', digest: 'sha256:1' }], '- name: app\n  digest: sha256:1\n', '- app@sha256:1'],
    [
      'another name',
      [{ image: 'app', tag: 'v2', name: 'web', newName: 'mirror/app' }],
      '- name: web\n  newName: mirror/app\n  newTag: v2\n',
      '- mirror/app:v2',
    ],
    [
      'the digest of the Freight',
      [{ image: 'example.com/app', useDigest: true }],
      '- name: example.com/app\n  newTag: v1.10\n  digest: sha256:abc\n',
      '- example.com/app:v1.10@sha256:abc',
    ],
    [
      'a named origin',
      [{ image: 'example.com/app', fromOrigin: { kind: 'Warehouse' as const, name: 'app' } }],
      '- name: example.com/app\n  newTag: v1.10\n',
      '- example.com/app:v1.10',
    ],
  ])('sets %s', async (_, images, entry, line) => {
    const { file, output } = await run(images);
    expect(file).toBe(`resources: []\nimages:\n${entry}`);
    expect(output?.['commitMessage']).toBe(`Updated base to use new image\n\n${line}`);
  });

  it('sets all images of the Freight if none are named', async () => {
    const { file, output } = await run(undefined, {
      freight: { app: [{ repoURL: 'nginx', digest: 'sha256:123' }], db: [{ repoURL: 'redis', tag: '6.2.5' }] },
      warehouses: [aWarehouse('app', image('nginx')), aWarehouse('db', image('redis'), { git: { repoURL: 'x' } })],
    });
    expect(file).toContain('- name: nginx\n  digest: sha256:123\n- name: redis\n  newTag: 6.2.5\n');
    expect(output?.['commitMessage']).toBe('Updated base to use new images\n\n- nginx@sha256:123\n- redis:6.2.5');
  });

  it('leaves what is starred, and the new name if none is given', async () => {
    const file = 'images:\n- name: app\n  newName: mirror/app\n  newTag: v1\n';
    expect((await run([{ image: 'app', tag: '*' }], { file })).file).toBe(file);
    expect((await run([{ image: 'app', tag: 'v2', newName: '*' }], { file })).file).toBe(file.replace('v1', 'v2'));
  });

  it.each([
    [
      'an image the Freight does not have',
      [{ image: 'example.com/other' }],
      {},
      'the Freight being promoted has no image "example.com/other"',
    ],
    [
      'an image of two Warehouses',
      [{ image: 'example.com/app' }],
      { warehouses: [aWarehouse('app', image('example.com/app')), aWarehouse('dev', image('example.com/app'))] },
      'name the origin, e.g. with warehouse("app")',
    ],
    [
      'all images where two subscriptions share a repository',
      [],
      { warehouses: [aWarehouse('app', image('example.com/app'), image('example.com/app'))] },
      'manual configuration required due to ambiguous result',
    ],
  ])('refuses %s', async (_, images, options, message) => {
    await expect(run(images, options)).rejects.toThrow(message);
  });

  it('needs exactly one kustomization', async () => {
    await workspace.writeFile('base/kustomization.yml', '');
    await expect(run([])).rejects.toThrow('"base" holds several kustomizations: kustomization.yaml, kustomization.yml; keep one');
    await workspace.writeFile('empty/readme', '');
    const context = stepContext(workspace, { path: 'empty' });
    await expect(runDeclared(kustomizeSetImage, context, somePorts())).rejects.toThrow('could not find a kustomization');
  });
});

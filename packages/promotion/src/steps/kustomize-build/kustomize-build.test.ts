import type { Renderer, Workspace } from '@kargo/integrations';
import { findTools, realProcesses, realRenderer } from '@kargo/integrations';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import { ensureTools } from '../../../../../scripts/tools.ts';
import { somePorts, stepContext, temporaryWorkspaces } from '../../testing/run-fixture.ts';
import { kustomizeBuild, type KustomizeBuildConfig } from './kustomize-build.ts';

let renderer: Renderer;
let skipped: string | undefined;
beforeAll(async () => {
  const { directory, skipped: reason } = await ensureTools();
  const tools = await findTools({ directories: [directory] });
  if (tools.kubectl === undefined && tools.kustomize === undefined) {
    skipped = reason ?? 'neither kustomize nor kubectl is here';
    console.warn(`skipped: kustomize-build: ${skipped}`);
  }
  renderer = realRenderer({ processes: realProcesses(), tools });
});

let workspace: Workspace;
let dispose: () => Promise<void>;
beforeEach(async (context) => {
  if (skipped !== undefined) context.skip(skipped);
  const temporary = await temporaryWorkspaces();
  ({ dispose } = temporary);
  ({ workspace } = await temporary.workspaces.open('one'));
  await workspace.writeFile('src/base/kustomization.yaml', 'resources: [all.yaml]\nimages:\n- name: app\n  newTag: v2\n');
  await workspace.writeFile(
    'src/base/all.yaml',
    [
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec: {}\n',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: app\n    image: app:v1\n',
    ].join('---\n'),
  );
  await workspace.writeFile('src/stages/test/kustomization.yaml', 'namespace: test\nresources: [../../base]\n');
});
afterEach(() => dispose?.());

const build = (config: KustomizeBuildConfig) =>
  runDeclared(kustomizeBuild, stepContext(workspace, config), somePorts({ renderer }));
const read = async (path: string): Promise<string> => Buffer.from(await workspace.readFile(path)).toString();

describe('kustomize-build', () => {
  it('[S15] renders to one file', async () => {
    expect(await build({ path: 'src/stages/test', outPath: 'out/manifests.yaml' })).toEqual({ status: 'Succeeded' });
    const text = await read('out/manifests.yaml');
    expect(text).toContain('image: app:v2');
    expect(text).toContain('namespace: test');
    expect(text.split('---\n')).toHaveLength(2);
  });

  it.each([
    [undefined, ['test-pod-web.yaml', 'test-service-web.yaml']],
    ['kustomize', ['v1_pod_web.yaml', 'v1_service_web.yaml']],
  ] as const)('renders to a folder, files named as %s does', async (outputFormat, want) => {
    await build({ path: 'src/stages/test', outPath: 'out/', outputFormat });
    expect((await workspace.list('out')).map(({ name }) => name).toSorted()).toEqual(want);
    expect(await read(`out/${want[0]}`)).toContain('image: app:v2');
  });

  it.each(['nowhere', 'src/base/all.yaml'])('says what is wrong with %s', async (path) => {
    await expect(build({ path, outPath: 'out.yaml' })).rejects.toThrow(path);
  });
});

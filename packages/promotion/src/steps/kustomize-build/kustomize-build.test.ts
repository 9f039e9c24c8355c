import type { Renderer, Workspace } from '@kargo/integrations';
import { findTools, realProcesses, realRenderer } from '@kargo/integrations';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import { ensureTools } from '../../../../../scripts/tools.ts';
import { somePorts, stepContext, temporaryWorkspaces } from '../../testing/run-fixture.ts';
import { kustomizeBuild, type KustomizeBuildConfig } from './kustomize-build.ts';

let renderer: Renderer;
let skipped: string | undefined;
let hasHelm: boolean;
beforeAll(async () => {
  const { directory, skipped: reason } = await ensureTools();
  const tools = await findTools({ directories: [directory] });
  if (tools.kubectl === undefined && tools.kustomize === undefined) {
    skipped = reason ?? 'neither kustomize nor kubectl is here';
    console.warn(`skipped: kustomize-build: ${skipped}`);
  }
  hasHelm = tools.helm !== undefined;
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

  it('inflates charts of the workspace, for the Kubernetes that it is told of', async (context) => {
    if (!hasHelm) context.skip('helm is not here');
    const chart = {
      'values.yaml': '',
      'Chart.yaml': 'apiVersion: v2\nname: app\nversion: 1.0.0\n',
      'templates/cm.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  kube: {{ .Capabilities.KubeVersion.Version | quote }}\n  api: {{ .Capabilities.APIVersions.Has "x/v1" | quote }}\n',
    };
    for (const [name, text] of Object.entries(chart)) await workspace.writeFile(`src/helm/charts/app/${name}`, text);
    await workspace.writeFile('src/helm/kustomization.yaml', 'helmCharts:\n- name: app\n  releaseName: rel\n  version: 1.0.0\n');
    await build({
      path: 'src/helm',
      outPath: 'out.yml',
      plugin: { helm: { kubeVersion: '1.29.3', apiVersions: ['x/v1'] } },
    });
    const text = await read('out.yml');
    for (const part of ['name: rel', 'kube: v1.29.3', 'api: "true"']) expect(text).toContain(part);
  });

  it.each<[string, string, string]>([
    ['no kustomization', 'readme: x\n', 'could not'],
    ['a broken one', 'resources: [', 'could not'],
    ['a resource that is not there', 'resources: [absent.yaml]\n', 'absent.yaml'],
  ])('fails for %s, and writes nothing', async (name, content, want) => {
    await workspace.writeFile(`broken/${name === 'no kustomization' ? 'other' : 'kustomization'}.yaml`, content);
    await expect(build({ path: 'broken', outPath: 'out.yaml' })).rejects.toThrow(want);
    expect(await workspace.exists('out.yaml')).toBe(false);
  });

  it('writes no file outside of its folder, whatever a resource is called', async () => {
    await workspace.writeFile('bad/kustomization.yaml', 'resources: [x.yaml]\n');
    await workspace.writeFile('bad/x.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ../../x\n');
    await expect(build({ path: 'bad', outPath: 'deep/out' })).rejects.toThrow('unsafe generated resource filename');
    expect(await workspace.exists('deep')).toBe(false);
  });

  it.each(['nowhere', 'src/base/all.yaml'])('says what is wrong with %s', async (path) => {
    await expect(build({ path, outPath: 'out.yaml' })).rejects.toThrow(path);
  });
});

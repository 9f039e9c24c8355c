import { mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureTools } from '../../../../scripts/tools.ts';
import { realProcesses } from '../process/real-processes.ts';
import type { Renderer } from './port.ts';
import { realRenderer } from './real-renderer.ts';
import { RenderError } from './render-error.ts';
import { findTools } from './tools.ts';
import type { RenderTools } from './tools.ts';

let tools: RenderTools;
let skipped: string | undefined;

beforeAll(async () => {
  const { directory, skipped: reason } = await ensureTools();
  tools = await findTools({ directories: [directory] });
  if (tools.kubectl === undefined || tools.helm === undefined) {
    skipped = reason ?? 'kubectl or helm is missing';
    console.warn(`skipped: rendering: ${skipped}`);
  } else if (tools.bwrap === undefined) console.warn('skipped: rendering within bubblewrap: it is not installed');
});

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n';
const CHART = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
  'chart/values.yaml': 'a: default\nb: default\n',
  'chart/templates/cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\ndata:\n  a: {{ .Values.a | quote }}\n  b: {{ .Values.b | quote }}\n  kube: {{ .Capabilities.KubeVersion.Version | quote }}\n',
  'chart/crds/crd.yaml': 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: x\n',
};

describe.each([['in bubblewrap'], ['without bubblewrap']])('rendering %s', (mode) => {
  let folder: string;
  let root: string;
  let renderer: Renderer;

  beforeEach(async (context) => {
    if (skipped !== undefined) context.skip(skipped);
    if (mode === 'in bubblewrap' && tools.bwrap === undefined) context.skip('bubblewrap is not installed');
    folder = await mkdtemp(join(await realpath(tmpdir()), 'render-'));
    root = join(folder, 'root');
    await mkdir(root);
    await writeFile(join(folder, 'secret.yaml'), CONFIG_MAP.replace('one', 'stolen'));
    renderer = realRenderer({
      processes: realProcesses(),
      tools: mode === 'in bubblewrap' ? tools : { ...tools, bwrap: undefined },
    });
    return () => rm(folder, { recursive: true, force: true });
  });

  const write = async (files: Record<string, string>): Promise<void> => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), content);
    }
  };
  const failure = async (promise: Promise<unknown>): Promise<RenderError> => {
    const error: unknown = await promise.then(
      (value) => value,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof RenderError)) throw new Error(`expected a RenderError, got ${String(error)}`);
    return error;
  };
  const kustomize = (path: string): Promise<string> => renderer.kustomize({ path: join(root, path), root });

  it('builds overlays over bases anywhere within the root', async () => {
    await write({
      'base/kustomization.yaml': 'resources:\n- cm.yaml\n',
      'base/cm.yaml': CONFIG_MAP,
      'stages/test/kustomization.yaml':
        'namePrefix: test-\nresources:\n- ../../base\npatches:\n- path: ../../shared/patch.yaml\n',
      'shared/patch.yaml': `${CONFIG_MAP}data:\n  x: "1"\n`,
    });
    expect(await kustomize('stages/test')).toBe(
      'apiVersion: v1\ndata:\n  x: "1"\nkind: ConfigMap\nmetadata:\n  name: test-one\n',
    );
  });

  it('shows the tool nothing but the root when it is confined', async (context) => {
    if (mode !== 'in bubblewrap') context.skip('not confined');
    await write({ 'kustomization.yaml': 'configMapGenerator:\n- name: x\n  literals: [a=b]\n' });
    const commands: string[] = [];
    const real = realProcesses();
    const watched = realRenderer({
      processes: {
        run: (request) => {
          commands.push(request.command);
          return real.run(request);
        },
      },
      tools,
    });
    await watched.kustomize({ path: root, root });
    if (commands.length > 1) console.warn('skipped: bubblewrap does not work on this machine');
    else expect(commands).toEqual([tools.bwrap]);
  });

  it('inflates a local chart within a kustomization', async () => {
    await write({
      ...CHART,
      'kustomization.yaml': 'helmGlobals:\n  chartHome: .\nhelmCharts:\n- name: chart\n  releaseName: rel\n  namespace: ns\n',
    });
    const out = await renderer.kustomize({ path: root, root, helm: { kubeVersion: '1.29.0' } });
    expect(out).toContain('name: rel');
    expect(out).toContain('kube: v1.29.0');
  });

  it('renders a chart', async () => {
    await write({ ...CHART, 'values/prod.yaml': 'a: file\n' });
    const out = await renderer.helm({
      path: join(root, 'chart'),
      root,
      releaseName: 'rel',
      namespace: 'ns',
      valuesFiles: ['../values/prod.yaml'],
      values: 'b: given\n',
      set: [
        { name: 'a', value: 'x,y' },
        { name: 'b', value: '007', forceString: true },
      ],
      kubeVersion: '1.30.1',
    });
    expect(out).toContain('name: rel\n  namespace: ns\ndata:\n  a: "x,y"\n  b: "007"\n  kube: "v1.30.1"');
    expect(out).not.toContain('CustomResourceDefinition');
    const both = await renderer.helm({
      path: join(root, 'chart'),
      root,
      releaseName: 'r',
      namespace: 'n',
      includeCRDs: true,
      values: 'b: given\n',
    });
    expect(both).toContain('b: "given"');
    expect(both).toContain('CustomResourceDefinition');
  });

  it('shows the values of a chart to helm alone', async () => {
    await write(CHART);
    const seen: string[] = [];
    const real = realProcesses();
    const watched = realRenderer({
      processes: {
        run: (request) => {
          seen.push(...request.args, ...Object.values(request.env));
          return real.run(request);
        },
      },
      tools: mode === 'in bubblewrap' ? tools : { ...tools, bwrap: undefined },
    });
    const out = await watched.helm({
      path: join(root, 'chart'),
      root,
      releaseName: 'r',
      namespace: 'n',
      set: [{ name: 'a', value: 'hunter two' }],
    });
    expect(out).toContain('a: "hunter two"');
    expect(seen.join(' ')).not.toContain('hunter');
  });

  it('packs a chart that lies beside another one the same at any time, and says what helm says', async () => {
    await write({
      ...CHART,
      'lib/Chart.yaml': 'apiVersion: v2\nname: lib\nversion: 1.0.0\n',
      'lib/templates/a.yaml': CONFIG_MAP,
    });
    await write({
      'chart/Chart.yaml': `${CHART['chart/Chart.yaml']}dependencies:\n- {name: lib, version: 1.0.0, repository: "file://../lib"}\n`,
    });
    const archives: string[] = [];
    const lines: string[] = [];
    for (const pause of [0, 1100]) {
      // Times in archives are whole seconds.
      await new Promise((resolve) => setTimeout(resolve, pause));
      await renderer.helmDependencies({
        path: join(root, 'chart'),
        root,
        action: 'update',
        repositories: [],
        onLine: (line) => lines.push(line),
      });
      archives.push((await readFile(join(root, 'chart/charts/lib-1.0.0.tgz'))).toString('base64'));
    }
    expect(archives[1]).toBe(archives[0]);
    expect(lines.join('\n')).toContain('Saving 1 charts');
    expect(lines.join('\n')).not.toContain(root);
    const { path, releaseName, namespace } = { path: join(root, 'chart'), releaseName: 'r', namespace: 'n' };
    expect(await renderer.helm({ path, root, releaseName, namespace })).toContain('name: one');
  });

  it('gets dependencies with credentials that helm alone sees, and changes nothing but the chart', async () => {
    await write({ ...CHART, 'lib/Chart.yaml': 'apiVersion: v2\nname: lib\nversion: 1.0.0\n' });
    await write({
      'chart/Chart.yaml': `${CHART['chart/Chart.yaml']}dependencies:\n- {name: lib, version: 1.0.0, repository: "file://../lib"}\n`,
    });
    const seen: string[] = [];
    const real = realProcesses();
    const watched = realRenderer({
      processes: {
        run: (request) => {
          seen.push(...request.args, ...Object.values(request.env));
          return real.run(request);
        },
      },
      tools: mode === 'in bubblewrap' ? tools : { ...tools, bwrap: undefined },
    });
    const dependencies = (repositories: { url: string; username: string; password: string }[]): Promise<void> =>
      watched.helmDependencies({ path: join(root, 'chart'), root, action: 'update', repositories });
    await dependencies([{ url: 'oci://registry.example.com/lib', username: 'robot', password: 'hunter two' }]);
    expect(await stat(join(root, 'chart/charts/lib-1.0.0.tgz'))).toBeDefined();
    expect(seen.join(' ')).not.toContain('hunter');
    const both = [
      { url: 'oci://registry.example.com/a', username: 'robot', password: 'one' },
      { url: 'oci://registry.example.com/b', username: 'robot', password: 'two' },
    ];
    expect((await failure(dependencies(both))).message).toContain('different credentials for charts of registry.example.com');
  });

  it.each([
    ['a resource by path', 'resources:\n- ../secret.yaml\n', undefined],
    ['a resource by absolute path', 'resources:\n- FOLDER/secret.yaml\n', undefined],
    ['a resource by link', 'resources:\n- link.yaml\n', undefined],
    ['a base of a base', 'resources:\n- sub\n', { 'sub/kustomization.yaml': 'resources:\n- ../../secret.yaml\n' }],
    ['a generated file', 'configMapGenerator:\n- name: x\n  files:\n  - key=../secret.yaml\n', undefined],
    ['generated variables', 'configMapGenerator:\n- name: x\n  envs:\n  - ../secret.yaml\n', undefined],
    ['a patch', 'resources:\n- cm.yaml\npatches:\n- path: ../secret.yaml\n', { 'cm.yaml': CONFIG_MAP }],
    ['a values file', 'helmCharts:\n- name: chart\n  valuesFile: ../secret.yaml\n', undefined],
    [
      'a generator in a file',
      'generators:\n- g.yaml\n',
      { 'g.yaml': 'apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata:\n  name: x\nfiles:\n- ../secret.yaml\n' },
    ],
    ['a remote base', 'resources:\n- https://127.0.0.1:1/x//y?ref=main\n', undefined],
    ['a remote repository', 'resources:\n- github.com/example/repo\n', undefined],
  ])('refuses %s outside the root', async (_, kustomization, files) => {
    await write({ ...files, 'kustomization.yaml': kustomization.replace('FOLDER', folder) });
    await symlink('../secret.yaml', join(root, 'link.yaml'));
    const error = await failure(kustomize('.'));
    expect(error.code).toBe('invalid');
    expect(error.message).not.toContain(root);
    expect(error.message).not.toContain('stolen');
  });

  it('refuses charts and values files that lead out of the root', async () => {
    await write(CHART);
    const helm = (rest: object = {}) =>
      renderer.helm({ path: join(root, 'chart'), root, releaseName: 'r', namespace: 'n', ...rest });
    expect((await failure(helm({ valuesFiles: ['../../secret.yaml'] }))).code).toBe('invalid');
    expect((await failure(helm({ path: folder }))).code).toBe('invalid');
    await symlink('../../../secret.yaml', join(root, 'chart/templates/link.yaml'));
    expect((await failure(helm())).code).toBe('invalid');
  });

  it.each([
    ['no kustomization', {}, 'kustomization.yaml'],
    ['broken YAML', { 'kustomization.yaml': 'resources: [' }, ''],
    ['an absent resource', { 'kustomization.yaml': 'resources: [absent.yaml]' }, 'absent.yaml'],
  ])('explains %s', async (_, files, words) => {
    await write(files);
    const error = await failure(kustomize('.'));
    expect([error.code, error.transient]).toEqual(['invalid', false]);
    expect(error.message).toContain(words);
    expect(error.message).toContain('could not build the kustomization in .');
    expect(error.message).not.toContain(root);
  });

  it('says so when it is cancelled, too late, or the tool is missing', async () => {
    await write({ 'kustomization.yaml': 'resources: []' });
    const processes = realProcesses();
    expect((await failure(renderer.kustomize({ path: root, root, signal: AbortSignal.abort() }))).code).toBe('aborted');
    expect((await failure(realRenderer({ processes, tools, timeout: 1 }).kustomize({ path: root, root }))).code).toBe('timeout');
    expect((await failure(realRenderer({ processes, tools: {} }).kustomize({ path: root, root }))).code).toBe('toolMissing');
    const gone = realRenderer({ processes, tools: { helm: join(folder, 'gone') } });
    expect((await failure(gone.helm({ path: root, root, releaseName: 'r', namespace: 'n' }))).code).toBe('toolMissing');
    expect((await failure(kustomize('absent'))).code).toBe('invalid');
  });
});

describe('tools', () => {
  it('must be where they are said to be', async () => {
    await expect(findTools({ explicit: { helm: '/absent/helm' } })).rejects.toThrow('/absent/helm');
    expect(await findTools({ path: '' })).toEqual({});
  });

  it('renders without bubblewrap where that does not work', async (context) => {
    if (skipped !== undefined) context.skip(skipped);
    const root = await mkdtemp(join(await realpath(tmpdir()), 'render-'));
    const bwrap = join(root, 'bwrap');
    await writeFile(bwrap, '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n', { mode: 0o755 });
    await writeFile(join(root, 'kustomization.yaml'), 'configMapGenerator:\n- name: x\n  literals: [a=b]\n');
    const renderer = realRenderer({ processes: realProcesses(), tools: { ...tools, bwrap } });
    expect(await renderer.kustomize({ path: root, root })).toContain('kind: ConfigMap');
    await rm(root, { recursive: true });
  });
});

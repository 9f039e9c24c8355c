import { realHttp, type Renderer, type Workspace } from '@kargo/integrations';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import type { StepResult } from '../../step.ts';
import { chartRepository, packedChart, realHelm } from '../../testing/helm-fixture.ts';
import { somePorts, stepContext, temporaryWorkspaces } from '../../testing/run-fixture.ts';
import { helmTemplate, type HelmTemplateConfig } from './helm-template.ts';
import { flatFiles, renderedTemplates } from './rendered-files.ts';

const http = realHttp();
let renderer: Renderer;
let helm: string;
let skipped: string | undefined;
let workspace: Workspace;
let dispose: () => Promise<void>;

const CHART: Readonly<Record<string, string>> = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'chart/values.yaml': 'a: default\nb: default\nlist: [{port: 1}, {port: 2}]\n',
  'chart/templates/app.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-config\n  namespace: {{ .Release.Namespace }}\ndata:\n  a: {{ .Values.a | toJson | quote }}\n  b: {{ .Values.b | toJson | quote }}\n  list: {{ .Values.list | toJson | quote }}\n  kube: {{ .Capabilities.KubeVersion.Version | quote }}\n  api: {{ .Capabilities.APIVersions.Has "x/v1" | quote }}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n',
  'chart/templates/hook.yaml':
    'apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: migrate\n  annotations:\n    helm.sh/hook: pre-install\n',
  'chart/templates/test.yaml': 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: check\n  annotations:\n    helm.sh/hook: test\n',
  'chart/crds/crd.yaml': 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things\n',
  'values/one.yaml': 'a: one\nb: one\nlist: [{port: 1}, {port: 2}]\n',
  'values/two.yaml': 'b: two\n',
};

beforeAll(async () => {
  const found = await realHelm();
  if ('skipped' in found) {
    skipped = found.skipped;
    console.warn(`skipped: helm-template: ${skipped}`);
  } else ({ renderer, helm } = found);
});
afterAll(() => http.close());
beforeEach(async (context) => {
  if (skipped !== undefined) return context.skip(skipped);
  const opened = await temporaryWorkspaces();
  dispose = opened.dispose;
  ({ workspace } = await opened.workspaces.open('p'));
  for (const [path, text] of Object.entries(CHART)) await workspace.writeFile(path, text);
});
afterEach(() => dispose?.());

const run = (config: Partial<HelmTemplateConfig> = {}): Promise<StepResult> =>
  runDeclared(
    helmTemplate,
    stepContext<HelmTemplateConfig>(workspace, { path: 'chart', outPath: 'out.yaml', releaseName: 'rel', ...config }),
    somePorts({ http, renderer }),
  );
const read = async (path = 'out.yaml'): Promise<string> => Buffer.from(await workspace.readFile(path)).toString();
const files = async (path: string): Promise<string[]> => {
  const entries = await workspace.list(path);
  const nested = await Promise.all(
    entries.map(async ({ name, type }) =>
      type === 'directory' ? (await files(`${path}/${name}`)).map((file) => `${name}/${file}`) : [name],
    ),
  );
  return nested.flat().toSorted();
};

describe('helm-template', () => {
  it('renders to one file, hooks last, in the namespace of the project', async () => {
    await run();
    const text = await read();
    expect(text).toMatch(/^---\n# Source: web\/templates\/app.yaml\n/);
    expect(text).toContain('name: rel-config\n  namespace: demo\n');
    expect(text.indexOf('name: migrate')).toBeGreaterThan(text.indexOf('kind: Deployment'));
    expect(text).toContain('name: check');
    expect(text).not.toContain('CustomResourceDefinition');
  });

  it('takes values from files and from itself, the latter as they are meant', async () => {
    await run({
      valuesFiles: ['values/one.yaml', 'values/absent.yaml', 'values/two.yaml'],
      ignoreMissingValueFiles: true,
      setValues: [
        { key: 'a', value: '42' },
        { key: 'list[1].port', value: 'two, and more' },
      ],
    });
    expect(await read()).toContain(String.raw`a: "42"`);
    expect(await read()).toContain(String.raw`b: "\"two\""`);
    expect(await read()).toContain(String.raw`list: "[{\"port\":1},{\"port\":\"two, and more\"}]"`);
    await run({
      setValues: [
        { key: 'a', value: '42', literal: true },
        { key: 'a', value: 'overridden by the literal one' },
        { key: 'b', value: '{x,y}' },
      ],
    });
    expect(await read()).toContain(String.raw`a: "\"42\""`);
    expect(await read()).toContain(String.raw`b: "[\"x\",\"y\"]"`);
  });

  it('can leave out and put in', async () => {
    await run({ includeCRDs: true, skipTests: true, kubeVersion: '1.29.3', apiVersions: ['x/v1'], namespace: 'prod' });
    const text = await read();
    for (const part of ['CustomResourceDefinition', 'migrate', 'kube: "v1.29.3"', 'api: "true"', 'namespace: prod'])
      expect(text).toContain(part);
    expect(text).not.toContain('name: check');
    await run({ disableHooks: true });
    expect(await read()).not.toContain('migrate');
  });

  it.each<[string, Partial<HelmTemplateConfig>, string[]]>([
    ['as helm does', { outPath: 'out/' }, ['web/templates/app.yaml', 'web/templates/hook.yaml', 'web/templates/test.yaml']],
    [
      'below the name of the release',
      { outPath: 'out', useReleaseName: true },
      ['rel/web/templates/app.yaml', 'rel/web/templates/hook.yaml', 'rel/web/templates/test.yaml'],
    ],
    [
      'flat',
      { outPath: 'out', outLayout: 'flat' },
      ['apps-deployment-web.yaml', 'batch-job-migrate.yaml', 'configmap-demo-rel-config.yaml', 'pod-check.yaml'],
    ],
  ])('renders to a folder, %s', async (_, config, want) => {
    await run(config);
    expect(await files('out')).toEqual(want);
    await run(config);
    expect(await files('out')).toEqual(want);
    const [first] = want;
    expect((await read(`out/${first}`)).split('# Source').length).toBeLessThanOrEqual(3);
  });

  it('gets dependencies first if told to', async () => {
    const repository = await chartRepository({
      cache: { '1.0.0': await packedChart(helm, 'cache', '1.0.0'), '1.1.0': await packedChart(helm, 'cache', '1.1.0') },
    });
    try {
      const chart = (version: string): string =>
        `${CHART['chart/Chart.yaml']}dependencies:\n- name: cache\n  version: ${version}\n  repository: ${repository.url}\n`;
      await workspace.writeFile('chart/Chart.yaml', chart('^1.0.0'));
      await expect(run()).rejects.toThrow('missing in charts/');
      await run({ buildDependencies: true });
      expect(await read()).toContain('version: "1.1.0"');
      // A lock file wins over what would be newer.
      const lock = await read('chart/Chart.lock');
      await workspace.remove('chart/charts');
      await run({ buildDependencies: true });
      expect(await read('chart/Chart.lock')).toBe(lock);
      await workspace.writeFile('chart/Chart.yaml', chart('2.0.0'));
      await expect(run({ buildDependencies: true })).rejects.toThrow('out of sync');
    } finally {
      await repository.close();
    }
  });

  it.each<[string, Partial<HelmTemplateConfig>, string]>([
    ['no chart', { path: 'values' }, 'Chart.yaml'],
    ['a values file that is not there', { valuesFiles: ['values/absent.yaml'] }, 'values/absent.yaml does not exist'],
    ['an unusable version', { kubeVersion: 'new' }, 'could not render the chart in chart'],
  ])('says what is wrong: %s', async (_, config, want) => {
    const failure: unknown = await run(config).catch((error: unknown) => error);
    expect((failure as Error).message).toContain(want);
    expect((failure as Error).message).not.toContain(workspace.root);
  });
});

describe('rendered files', () => {
  it('belong to templates', () => {
    const output = '---\n# Source: a/x.yaml\none\n---\n# Source: a/y.yaml\ntwo\n---\n# Source: a/x.yaml\nthree\n';
    expect(renderedTemplates(output)).toEqual([
      { path: 'a/x.yaml', text: '---\n# Source: a/x.yaml\none\n---\n# Source: a/x.yaml\nthree\n' },
      { path: 'a/y.yaml', text: '---\n# Source: a/y.yaml\ntwo\n' },
    ]);
  });

  const resource = (apiVersion: string, kind: string, name: string, namespace?: string): string =>
    `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n${namespace === undefined ? '' : `  namespace: ${namespace}\n`}`;

  it.each([
    [resource('v1', 'ConfigMap', 'test-config', 'default'), ['configmap-default-test-config.yaml']],
    [resource('apps/v1', 'Deployment', 'web', 'prod'), ['apps-deployment-prod-web.yaml']],
    [resource('networking.k8s.io/v1', 'NetworkPolicy', 'deny'), ['networking_k8s_io-networkpolicy-deny.yaml']],
    ['---\nkind: X\n---\n# only a comment\n', ['resource-0.yaml', 'resource-1.yaml']],
    ['', []],
  ])('are named by what they hold: %j', (output, want) => {
    expect([...flatFiles(output).keys()]).toEqual(want);
  });

  it('are refused when they would leave the folder, or overwrite each other', () => {
    expect(() => flatFiles(resource('v1', 'ConfigMap', '../../x'))).toThrow('unsafe generated resource filename');
    const twice = resource('v1', 'ConfigMap', 'a') + resource('v1', 'ConfigMap', 'A');
    expect(() => flatFiles(twice)).toThrow('two rendered resources would be written to the same file configmap-a.yaml');
  });
});

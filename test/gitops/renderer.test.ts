/** What the GitOps agent renders, with real git, kustomize and helm. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Application, ApplicationSource } from '@kargo/api';
import { ManifestRenderer, type ManifestRendererDeps } from '@kargo/controllers';
import {
  findTools,
  realCharts,
  realGit,
  realHttp,
  realProcesses,
  realRegistries,
  realRenderer,
  realWorkspaces,
} from '@kargo/integrations';
import {
  basicAuth,
  httpFixture,
  startDockerRegistry,
  startGitServer,
  type GitServer,
  type HttpFixture,
} from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTools } from '../../scripts/tools.ts';

const deployment = (name: string, image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
        - name: web
          image: ${image}
`;

const files = {
  'kustomize/kustomization.yaml': 'resources:\n  - deployment.yaml\nimages:\n  - name: nginx\n    newTag: 1.26.0\n',
  'kustomize/deployment.yaml': deployment('web', 'nginx'),
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
  'chart/values.yaml': 'tag: 1.0.0\nreplicas: 1\n',
  'chart/production.yaml': 'replicas: 3\n',
  'chart/templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: web
          image: "nginx:{{ .Values.tag }}"
`,
  'plain/a.yaml': `${deployment('a', 'nginx:1')}---\n${deployment('b', 'nginx:2')}`,
  'plain/c.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}',
  'plain/ignored.yaml': '# +argocd:skip-file-rendering\nnot: [a manifest',
  'plain/notes.txt': 'no manifest',
  'plain/deep/d.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: d\n',
  'overridden/kustomization.yaml': 'resources:\n  - ../kustomize\n',
  'overridden/.argocd-source.yaml': 'kustomize:\n  namePrefix: all-\n  nameSuffix: -x\n',
  'overridden/.argocd-source-shop.yaml': 'kustomize:\n  namePrefix: own-\n',
  'overridden/.argocd-source-other.yaml': 'kustomize:\n  namePrefix: other-\n',
  'values/production.yaml': 'replicas: 7\n',
  'broken/kustomization.yaml': 'resources:\n  - missing.yaml\n',
  'jsonnet/app.jsonnet': '{}',
  'mirrored/kustomization.yaml':
    'resources:\n  - ../kustomize\nimages:\n  - name: nginx\n    newName: mirror/nginx\n    newTag: "1"\n',
  'parent/Chart.yaml':
    'apiVersion: v2\nname: parent\nversion: 0.1.0\ndependencies:\n  - name: web\n    version: 0.1.0\n    repository: file://../chart\n',
  'chart/tag.txt': '7.7.7',
};

let folder: string;
let git: GitServer;
let deps: ManifestRendererDeps;
let renderer: ManifestRenderer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitops-'));
  git = await startGitServer({ directory: join(folder, 'git') });
  await git.createRepository('repo', files);
  const processes = realProcesses();
  const http = realHttp();
  const { directory } = await ensureTools();
  deps = {
    git: realGit({ processes, clock: systemClock, directory: join(folder, 'mirrors') }),
    renderer: realRenderer({ processes, tools: await findTools({ directories: [directory] }) }),
    credentials: { find: () => Promise.resolve(undefined) },
    workspaces: realWorkspaces({ directory: join(folder, 'rendering') }),
    charts: realCharts({ http, clock: systemClock, registries: realRegistries({ http, clock: systemClock }) }),
    http,
  };
  renderer = new ManifestRenderer(deps);
});

afterAll(async () => {
  await git.close();
  await rm(folder, { recursive: true, force: true });
});

const signal = new AbortController().signal;

async function render(source: Omit<ApplicationSource, 'repoURL'>): Promise<string[]> {
  const { shown, revisions } = await rendered({ repoURL: git.repositoryURL('repo'), ...source });
  expect(revisions).toEqual([(await git.branches('repo'))['main']]);
  return shown;
}

/** The objects of a source as `kind name replicas image`. */
async function rendered(source: ApplicationSource): Promise<{ shown: string[]; revisions: string[]; types: string[] }> {
  const app: Application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { namespace: 'argocd', name: 'shop', uid: 'u1' },
    spec: {
      project: 'default',
      destination: { namespace: 'shop-test' },
      source,
    },
  };
  const revisions = await renderer.resolve(app, signal);
  const { objects, types } = await renderer.render(app, revisions, { hard: false, signal });
  const shown = objects.map(({ kind, metadata, ...rest }) => {
    const { replicas, template } = ((rest as { spec?: unknown }).spec ?? {}) as {
      replicas?: number;
      template?: { spec: { containers: { image: string }[] } };
    };
    return [kind, metadata.name, replicas, template?.spec.containers[0]?.image].filter((part) => part !== undefined).join(' ');
  });
  return { shown, revisions, types };
}

describe('the credentials of a source', () => {
  it('are asked for even if an Application of the same name in another namespace was rendered from it', async () => {
    const asked: string[] = [];
    const credentials = {
      find: ({ project }: { project: string }) => {
        asked.push(project);
        return Promise.resolve(undefined);
      },
    };
    const shared = new ManifestRenderer({ ...deps, credentials });
    const revision = (await git.branches('repo'))['main'] ?? '';
    for (const namespace of ['team', 'other', 'team'])
      await shared.render(
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Application',
          metadata: { namespace, name: 'shop', uid: namespace },
          spec: {
            project: 'default',
            destination: { namespace: 'web' },
            source: { repoURL: git.repositoryURL('repo'), path: 'plain', targetRevision: revision },
          },
        },
        [revision],
        { hard: false, signal },
      );
    expect(asked).toEqual(['team', 'other']);
  });

  it.each([
    { name: 'those of the namespace', namespace: 'team', admits: 'shop:test', asked: ['team'] },
    {
      name: 'then those of the Projects it admits',
      namespace: 'argocd',
      admits: 'shop:test,shop:uat,bank:test',
      asked: ['argocd', 'shop', 'bank'],
    },
    { name: 'none of an annotation that cannot be read', namespace: 'argocd', admits: 'shop', asked: ['argocd'] },
  ])('are $name', async ({ namespace, admits, asked }) => {
    const projects: string[] = [];
    const one = new ManifestRenderer({
      ...deps,
      argoCDNamespace: 'argocd',
      credentials: {
        find: ({ project }) => {
          projects.push(project);
          return Promise.resolve(undefined);
        },
      },
    });
    await one.resolve(
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { namespace, name: 'shop', annotations: { 'kargo.akuity.io/authorized-stage': admits } },
        spec: { project: 'default', destination: { namespace: 'x' }, source: { repoURL: git.repositoryURL('repo') } },
      },
      signal,
    );
    expect(projects).toEqual(asked);
  });
});

describe('a source of an Application', () => {
  it.each<[string, Omit<ApplicationSource, 'repoURL'>, string[]]>([
    ['with a kustomization', { path: 'kustomize' }, ['Deployment web nginx:1.26.0']],
    [
      'with kustomize options of the Application',
      { path: 'kustomize', kustomize: { namePrefix: 'x-', images: ['nginx=mirror/nginx:1.27.0'] } },
      ['Deployment x-web mirror/nginx:1.27.0'],
    ],
    ['with a chart', { path: 'chart' }, ['Deployment shop 1 nginx:1.0.0']],
    [
      'with a chart, value files and parameters',
      {
        path: 'chart',
        helm: { valueFiles: ['production.yaml'], parameters: [{ name: 'tag', value: '2.0.0' }], releaseName: 'web' },
      },
      ['Deployment web 3 nginx:2.0.0'],
    ],
    [
      'with a chart and values inline',
      { path: 'chart', helm: { valuesObject: { replicas: 5 } } },
      ['Deployment shop 5 nginx:1.0.0'],
    ],
    ['with plain manifests', { path: 'plain' }, ['Deployment a nginx:1', 'Deployment b nginx:2', 'ConfigMap c']],
    [
      'with plain manifests in folders',
      { path: 'plain', directory: { recurse: true } },
      ['Deployment a nginx:1', 'Deployment b nginx:2', 'ConfigMap c', 'ConfigMap d'],
    ],
    [
      'with plain manifests that are included and not excluded',
      { path: 'plain', directory: { recurse: true, include: '{*.yaml,deep/*}', exclude: 'a.*' } },
      ['ConfigMap d'],
    ],
    [
      'with an image that its kustomization changes already',
      { path: 'mirrored', kustomize: { images: ['nginx=other/nginx:$ARGOCD_APP_NAME-2'] } },
      ['Deployment web other/nginx:shop-2'],
    ],
    [
      'with a chart, a parameter of a file and one of the build environment',
      {
        path: 'chart',
        helm: {
          fileParameters: [{ name: 'tag', path: 'tag.txt' }],
          releaseName: 'r',
          parameters: [{ name: 'replicas', value: '4' }],
        },
      },
      ['Deployment r 4 nginx:7.7.7'],
    ],
    [
      'with a chart and a values file named from the root of the repository',
      { path: 'chart', helm: { valueFiles: ['/values/production.yaml'] } },
      ['Deployment shop 7 nginx:1.0.0'],
    ],
    ['with a chart whose dependencies are not in git', { path: 'parent' }, ['Deployment shop 1 nginx:1.0.0']],
    ['with overrides beside it, of which its own win', { path: 'overridden' }, ['Deployment own-web-x nginx:1.26.0']],
    [
      'with values files that may be missing',
      { path: 'chart', helm: { valueFiles: ['production.yaml', 'none.yaml'], ignoreMissingValueFiles: true } },
      ['Deployment shop 3 nginx:1.0.0'],
    ],
    ['at a branch by name', { path: 'kustomize', targetRevision: 'main' }, ['Deployment web nginx:1.26.0']],
  ])('%s is rendered', async (_name, source, want) => {
    expect((await render(source)).toSorted()).toEqual(want.toSorted());
  });

  it('takes values files of another source by its ref, also of another repository', async () => {
    await git.createRepository('values', { 'env/prod.yaml': 'tag: 9.9.9\n' });
    const app: Application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { namespace: 'argocd', name: 'shop', uid: 'u2' },
      spec: {
        project: 'default',
        destination: { namespace: 'shop-test' },
        sources: [
          {
            repoURL: git.repositoryURL('repo'),
            path: 'chart',
            helm: { valueFiles: ['production.yaml', '$values/env/prod.yaml'] },
          },
          { repoURL: git.repositoryURL('values'), ref: 'values' },
        ],
      },
    };
    const images = async (): Promise<string> => {
      const objects = await renderer.render(app, await renderer.resolve(app, signal), { hard: false, signal });
      return JSON.stringify(objects);
    };
    expect(await images()).toContain('nginx:9.9.9');
    const source = app.spec.sources?.[0];
    if (source !== undefined) source.helm = { valueFiles: ['$nobody/x.yaml'] };
    await expect(images()).rejects.toThrow('no source of the Application has the ref "nobody"');
    if (source !== undefined) source.helm = { valueFiles: ['$values/../../../../etc/passwd'] };
    await expect(images()).rejects.toThrow('leads out of the workspace');
  });

  it.each<[string, Omit<ApplicationSource, 'repoURL'>, RegExp]>([
    ['a folder that does not exist', { path: 'nowhere' }, /path nowhere does not exist at this revision/],
    ['a kustomization that cannot be built', { path: 'broken' }, /missing\.yaml/],
    ['two kinds of options', { path: 'plain', helm: {}, directory: {} }, /multiple application sources defined: helm, directory/],
    ['a chart of a repository that has none', { chart: 'web' }, /it has no index\.yaml \(status 404\)/],
    [
      'a plugin',
      { path: 'plain', plugin: { name: 'cdk8s' } },
      /rendered by the plugin cdk8s: the embedded GitOps agent runs no plugins/,
    ],
    ['jsonnet', { path: 'jsonnet' }, /app\.jsonnet: the embedded GitOps agent does not evaluate jsonnet/],
    [
      'settings of jsonnet',
      { path: 'plain', directory: { jsonnet: { libs: ['x'] } } },
      /directory\.jsonnet: .* does not evaluate jsonnet/,
    ],
    [
      'options of kustomize without a kustomization',
      { path: 'plain', kustomize: { namePrefix: 'x-' } },
      /plain has no kustomization/,
    ],
    ['a revision that does not exist', { path: 'plain', targetRevision: 'nope' }, /nope/],
  ])('%s is refused with what is wrong', async (_name, source, message) => {
    await expect(render(source)).rejects.toThrow(message);
  });
});

describe('a chart of a repository', () => {
  let charts: HttpFixture;
  let registry: Exclude<Awaited<ReturnType<typeof startDockerRegistry>>, { skipped: string }> | undefined;
  let helm: string | undefined;
  const asked: string[] = [];

  beforeAll(async () => {
    ({ helm } = await ensureTools());
    if (helm === undefined) return;
    const run = promisify(execFile);
    const env = { HOME: folder, PATH: '/usr/bin:/bin' };
    const started = await startDockerRegistry();
    if ('skipped' in started) console.warn(`skipped: charts in a registry: ${started.skipped}`);
    else registry = started;
    const chart = join(folder, 'web');
    for (const [name, text] of Object.entries(files).filter(([path]) => path.startsWith('chart/'))) {
      const file = join(chart, name.slice('chart/'.length));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    for (const version of ['0.9.0', '1.2.0', '2.0.0']) {
      await run(helm, ['package', chart, '--version', version, '--destination', join(folder, 'charts')], { env });
      const archive = join(folder, 'charts', `web-${version}.tgz`);
      if (registry !== undefined) await run(helm, ['push', archive, `oci://${registry.host}/charts`, '--plain-http'], { env });
    }
    await run(helm, ['repo', 'index', join(folder, 'charts')], { env });
    charts = await httpFixture(async (request, response) => {
      const user = basicAuth(request);
      asked.push(`${request.url} ${user?.username ?? '-'}`);
      if (request.url?.startsWith('/private/') === true && user?.password !== 'secret') return void response.writeHead(401).end();
      const name = request.url?.split('/').at(-1) ?? '';
      response.end(await readFile(join(folder, 'charts', name)));
    });
  });
  afterAll(async () => {
    await charts?.close();
    await registry?.close();
  });

  it.each<[string, string, Partial<ApplicationSource>, { revision: string; shown: string }]>([
    ['with an index, the newest', '/stable', { chart: 'web' }, { revision: '2.0.0', shown: 'Deployment shop 1 nginx:1.0.0' }],
    [
      'with an index, of a range, with values',
      '/stable',
      { chart: 'web', targetRevision: '1.x', helm: { valuesObject: { tag: '5', replicas: 2 } } },
      { revision: '1.2.0', shown: 'Deployment shop 2 nginx:5' },
    ],
    [
      'in a registry, exactly, with a values file that it brings',
      'oci',
      { chart: 'web', targetRevision: '0.9.0', helm: { valueFiles: ['production.yaml'] } },
      { revision: '0.9.0', shown: 'Deployment shop 3 nginx:1.0.0' },
    ],
  ])('%s is rendered', async (_, place, source, want) => {
    if (helm === undefined || (place === 'oci' && registry === undefined)) return;
    const repoURL = place === 'oci' ? `${registry?.host}/charts` : `${charts.url}${place}`;
    const { shown, revisions, types } = await rendered({ repoURL, ...source });
    expect({ shown, revisions, types }).toEqual({ shown: [want.shown], revisions: [want.revision], types: ['Helm'] });
  });

  it('is asked for with the credentials of a Project', async () => {
    if (helm === undefined) return;
    const asking = new ManifestRenderer({
      ...deps,
      credentials: { find: ({ type }) => Promise.resolve(type === 'helm' ? { username: 'kim', password: 'secret' } : undefined) },
    });
    const app: Application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { namespace: 'shop', name: 'shop', uid: 'u9' },
      spec: {
        project: 'default',
        destination: { name: 'in-cluster', namespace: 'x' },
        source: { repoURL: `${charts.url}/private`, chart: 'web', targetRevision: '^1.0.0' },
      },
    };
    expect(await asking.resolve(app, signal)).toEqual(['1.2.0']);
    expect(asked).toContain('/private/index.yaml kim');
  });

  it.each<[string, Partial<ApplicationSource>, RegExp]>([
    [
      'a version that is not there',
      { chart: 'web', targetRevision: '3.0.0' },
      /has no version 3\.0\.0; it has 2\.0\.0, 1\.2\.0, 0\.9\.0/,
    ],
    ['a range that nothing satisfies', { chart: 'web', targetRevision: '>=3' }, /no tag satisfies the range >=3/],
    ['a chart that is not there', { chart: 'api' }, /there is no chart api in/],
  ])('%s is refused with what is wrong', async (_, source, message) => {
    if (helm === undefined) return;
    await expect(rendered({ repoURL: `${charts.url}/stable`, ...source })).rejects.toThrow(message);
  });
});

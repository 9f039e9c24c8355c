import { realHttp, type Credentials, type Renderer, type Workspace } from '@kargo/integrations';
import { startRegistry, type HttpFixture, type RegistryServer } from '@kargo/integrations/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import type { StepResult } from '../../step.ts';
import { chartRepository, packedChart, realHelm, storeChart, type Charts } from '../../testing/helm-fixture.ts';
import { somePorts, stepContext, temporaryWorkspaces } from '../../testing/run-fixture.ts';
import { helmUpdateChart, type HelmUpdateChartConfig } from './helm-update-chart.ts';
import { isSameLock, lockChanges } from './lock-changes.ts';

const PASSWORD = 'top secret';
const http = realHttp();
let renderer: Renderer;
let skipped: string | undefined;
let chart: Buffer;
let plain: HttpFixture & { seen: string[] };
let registry: RegistryServer;
let workspace: Workspace;
let dispose: () => Promise<void>;
let asked: string[];

beforeAll(async () => {
  const found = await realHelm();
  if ('skipped' in found) {
    skipped = found.skipped;
    console.warn(`skipped: helm-update-chart: ${skipped}`);
    return;
  }
  ({ renderer } = found);
  const versions = async (name: string, ...list: string[]): Promise<Record<string, Buffer>> =>
    Object.fromEntries(
      await Promise.all(list.map(async (version) => [version, await packedChart(found.helm, name, version)] as const)),
    );
  const charts: Charts = { cache: await versions('cache', '1.0.0', '1.1.0', '2.0.0'), proxy: await versions('proxy', '0.1.0') };
  chart = charts['cache']!['1.0.0']!;
  plain = await chartRepository(charts);
  registry = await startRegistry({ auth: { kind: 'basic', username: 'robot', password: PASSWORD } });
  for (const [version, chart] of Object.entries(charts['cache']!)) storeChart(registry, 'charts/cache', version, chart);
});
afterAll(async () => {
  http.close();
  if (skipped !== undefined) return;
  await plain.close();
  await registry.close();
});
beforeEach(async (context) => {
  if (skipped !== undefined) return context.skip(skipped);
  asked = [];
  const opened = await temporaryWorkspaces();
  dispose = opened.dispose;
  ({ workspace } = await opened.workspaces.open('p'));
});
afterEach(() => dispose?.());

const credentials: Credentials = {
  find: async ({ type, repoURL }) => {
    asked.push(`${type} ${repoURL}`);
    return { username: 'robot', password: PASSWORD };
  },
};
const run = (config: Partial<HelmUpdateChartConfig> = {}, alias = 'step-1'): Promise<StepResult> =>
  runDeclared(
    helmUpdateChart,
    stepContext<HelmUpdateChartConfig>(workspace, { path: 'app', ...config }, { alias }),
    somePorts({ http, renderer, credentials }),
  );
const read = async (path: string): Promise<string> => Buffer.from(await workspace.readFile(path)).toString();
const write = (dependencies: string[], path = 'app'): Promise<void> =>
  workspace.writeFile(
    `${path}/Chart.yaml`,
    ['# The app.', 'apiVersion: v2', 'name: app', 'version: 0.1.0', 'dependencies:', ...dependencies, ''].join('\n'),
  );
const dependency = (name: string, version: string, repository: string): string =>
  `- name: ${name} # kept\n  version: ${version}\n  repository: ${repository}`;
const packed = async (path = 'app/charts'): Promise<string[]> => (await workspace.list(path)).map(({ name }) => name).toSorted();

describe('helm-update-chart', () => {
  it('sets a version, gets the chart, and tells what has changed', async () => {
    await write([dependency('cache', '1.0.0', plain.url), dependency('proxy', '0.1.0', plain.url)]);
    expect((await run({}, 'before')).output).toEqual({
      commitMessage: 'Updated chart dependencies for app\n\n- cache: 1.0.0\n- proxy: 0.1.0',
    });
    const { output } = await run({ charts: [{ repository: plain.url, name: 'cache', version: '2.0.0' }] });
    expect(output).toEqual({ commitMessage: 'Updated chart dependencies for app\n\n- cache: 1.0.0 -> 2.0.0' });
    expect(await read('app/Chart.yaml')).toContain('# The app.\napiVersion: v2');
    expect(await read('app/Chart.yaml')).toContain('- name: cache # kept\n  version: 2.0.0\n');
    expect(await packed()).toEqual(['cache-2.0.0.tgz', 'proxy-0.1.0.tgz']);
    expect(asked).toEqual([]);
  });

  it('follows ranges, and changes nothing when there is nothing new', async () => {
    await write([dependency('cache', '^1.0.0', plain.url)]);
    expect((await run({}, 'before')).output?.['commitMessage']).toContain('- cache: 1.1.0');
    const lock = await read('app/Chart.lock');
    expect(await run({ charts: [{ repository: plain.url, name: 'cache', version: '^1.0.0' }] })).toEqual({ status: 'Succeeded' });
    expect(await read('app/Chart.lock')).toBe(lock);
  });

  it('tells of what is gone', async () => {
    await write([dependency('cache', '1.0.0', plain.url), dependency('proxy', '0.1.0', plain.url)]);
    await run({}, 'before');
    await write([dependency('cache', '1.0.0', plain.url)]);
    expect((await run()).output?.['commitMessage']).toBe('Updated chart dependencies for app\n\n- proxy: removed');
  });

  it('tells the same after a crash', async () => {
    await write([dependency('cache', '1.0.0', plain.url)]);
    const first = await run();
    expect(await run()).toEqual(first);
  });

  it.each(['1.1.0', '^1.0.0'])('gets %s from a registry without TLS, with the credentials for the chart', async (version) => {
    const repository = `oci://${registry.host}/charts`;
    await write([dependency('cache', version, repository)]);
    expect((await run()).output?.['commitMessage']).toContain('- cache: 1.1.0');
    expect(asked).toEqual([`helm ${repository}/cache`]);
    expect(await packed()).toEqual(['cache-1.1.0.tgz']);
  });

  it('lets helm in where a password is needed', async () => {
    const closed = await chartRepository({ cache: { '1.0.0': chart } }, PASSWORD);
    try {
      await write([dependency('cache', '1.0.0', closed.url)]);
      const get = (password: string): Promise<void> =>
        renderer.helmDependencies({
          path: `${workspace.root}/app`,
          root: workspace.root,
          action: 'build',
          repositories: [{ url: closed.url, username: 'robot', password }],
        });
      const failure: unknown = await get('wrong one').catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'RenderError', code: 'failed', transient: true });
      expect((failure as Error).message).not.toContain('wrong one');
      await get(PASSWORD);
      expect(await packed()).toEqual(['cache-1.0.0.tgz']);
    } finally {
      await closed.close();
    }
  });

  it('packs charts of the workspace', async () => {
    await workspace.writeFile('lib/Chart.yaml', 'apiVersion: v2\nname: lib\nversion: 0.3.0\n');
    await write([dependency('lib', '0.3.0', 'file://../lib')]);
    expect((await run()).output?.['commitMessage']).toContain('- lib: 0.3.0');
    expect(await packed()).toEqual(['lib-0.3.0.tgz']);
  });

  it.each<[string, string[], Partial<HelmUpdateChartConfig>, string]>([
    ['no chart', [], { path: 'absent' }, 'there is no Helm chart at absent'],
    [
      'another repository',
      [dependency('cache', '1.0.0', 'https://a.example.com')],
      { charts: [{ repository: 'https://b.example.com', name: 'cache', version: '2' }] },
      'has no dependency cache of the repository https://b.example.com',
    ],
    ['a folder outside', [dependency('lib', '1.0.0', 'file://../../outside')], {}, 'leads out of the workspace'],
    ['an absolute folder', [dependency('lib', '1.0.0', 'file:///etc')], {}, 'absolute path'],
    ['a folder that is not there', [dependency('lib', '1.0.0', 'file://../lib')], {}, 'does not exist'],
    ['a metadata service', [dependency('cache', '1.0.0', 'http://169.254.169.254/latest')], {}, 'link-local'],
    ['no such version', [dependency('cache', '9.9.9', 'PLAIN')], {}, 'could not update the dependencies of the chart in app'],
  ])('fails for %s', async (_, dependencies, config, want) => {
    await write(dependencies.map((text) => text.replace('PLAIN', plain.url)));
    const failure: unknown = await run(config).catch((error: unknown) => error);
    expect((failure as Error).message).toContain(want);
    expect((failure as Error).message).not.toContain(workspace.root);
    expect((failure as Error).message).not.toContain(PASSWORD);
  });
});

describe('lock files', () => {
  const at = (name: string, version: string, repository = 'r') => ({ name, version, repository });
  it('are compared without their times', () => {
    expect(isSameLock([at('a', '1')], [at('a', '1')])).toBe(true);
    expect(isSameLock([at('a', '1')], [at('a', '1', 'other')])).toBe(false);
    expect(lockChanges([at('a', '1'), at('b', '1'), at('c', '1')], [at('d', '1'), at('c', '1'), at('a', '2')])).toEqual([
      '- d: 1',
      '- a: 1 -> 2',
      '- b: removed',
    ]);
  });
});

import type { Application, ApplicationSource } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { hasManifestPaths, MANIFEST_PATHS_ANNOTATION, readingsOf } from './manifest-paths.ts';

function app(paths: string | undefined, sources: Partial<ApplicationSource>[]): Application {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web', ...(paths === undefined ? {} : { annotations: { [MANIFEST_PATHS_ANNOTATION]: paths } }) },
    spec: {
      project: 'default',
      destination: { namespace: 'team' },
      sources: sources.map((source) => ({ repoURL: 'http://git/repo', ...source })),
    },
  };
}

/** Whether a change to a file of the repository of a source is one of what another is rendered from. */
function reads(one: Application, source: number, lender: number, path: string): boolean {
  return readingsOf(one, source).some(({ source: at, includes }) => at === lender && (includes === undefined || includes(path)));
}

describe('the paths of the annotation', () => {
  it.each<{ paths: string; of?: string; yes: string[]; no: string[] }>([
    {
      paths: '.',
      of: 'apps/web',
      yes: ['apps/web/a.yaml', 'apps/web/deep/b.yaml'],
      no: ['apps/web2/a.yaml', 'apps/a', 'README.md'],
    },
    { paths: './', of: 'apps/web', yes: ['apps/web/a.yaml'], no: ['apps/webs', 'x'] },
    { paths: '.', yes: ['anything', 'deep/too'], no: [] },
    { paths: '../base', of: 'apps/web', yes: ['apps/base/a.yaml', 'apps/base'], no: ['base/a.yaml', 'apps/web/a.yaml'] },
    { paths: '/shared', of: 'apps/web', yes: ['shared/x', 'shared/deep/x'], no: ['shared2/x', 'apps/web/shared/x'] },
    { paths: '/', of: 'apps/web', yes: ['a', 'b/c'], no: [] },
    { paths: '.;/shared;../base', of: 'apps/web', yes: ['apps/web/a', 'shared/a', 'apps/base/a'], no: ['other/a'] },
    { paths: ' . ;; /shared ; ', of: 'apps/web', yes: ['apps/web/a', 'shared/a'], no: ['other'] },
    {
      paths: '/shared/*-secret.yaml',
      of: 'apps/web',
      yes: ['shared/db-secret.yaml'],
      no: ['shared/db.yaml', 'shared/x/db-secret.yaml'],
    },
    { paths: '*.yaml', of: 'apps/web', yes: ['apps/web/a.yaml'], no: ['apps/web/a.txt', 'apps/web/deep/a.yaml', 'a.yaml'] },
    { paths: '/envs/[ab]?/*', of: 'x', yes: ['envs/a1/f', 'envs/b2/f'], no: ['envs/c1/f', 'envs/a/f'] },
    { paths: '/apps/**/*.yaml', of: 'x', yes: ['apps/a.yaml', 'apps/one/two/a.yaml'], no: ['apps/a.txt'] },
    { paths: 'file.yaml', of: 'apps/web', yes: ['apps/web/file.yaml'], no: ['apps/web/file.yaml.bak', 'file.yaml'] },
    { paths: '/literal[1]/x', of: 'x', yes: ['literal[1]/x', 'literal1/x'], no: ['literal2/x'] },
    { paths: '/broken[', of: 'x', yes: ['whatever'], no: [] },
    { paths: '../../../..', of: 'apps/web', yes: ['whatever'], no: [] },
    { paths: '../../../shared', of: 'apps/web', yes: ['shared/x'], no: ['apps/x'] },
  ])('$paths in $of', ({ paths, of, yes, no }) => {
    const one = app(paths, [of === undefined ? {} : { path: of }]);
    expect(yes.filter((path) => !reads(one, 0, 0, path))).toEqual([]);
    expect(no.filter((path) => reads(one, 0, 0, path))).toEqual([]);
  });

  it.each([undefined, '', ' ; '])('are none in %j: every file counts', (paths) => {
    const one = app(paths, [{ path: 'apps/web' }]);
    expect(hasManifestPaths(one)).toBe(false);
    expect(reads(one, 0, 0, 'whatever')).toBe(true);
  });

  it('are relative to each source', () => {
    const one = app('.;../shared', [{ path: 'a/one' }, { path: 'b/two' }]);
    expect([reads(one, 0, 0, 'a/one/x'), reads(one, 0, 0, 'a/shared/x'), reads(one, 0, 0, 'b/two/x')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([reads(one, 1, 1, 'b/two/x'), reads(one, 1, 1, 'b/shared/x'), reads(one, 1, 1, 'a/one/x')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('always take in the files that change the options of a source', () => {
    const one = app('/elsewhere', [{ path: 'apps/web' }]);
    expect(reads(one, 0, 0, 'apps/web/.argocd-source.yaml')).toBe(true);
    expect(reads(one, 0, 0, 'apps/web/.argocd-source-web.yaml')).toBe(true);
    expect(reads(one, 0, 0, 'apps/web/.argocd-source-other.yaml')).toBe(false);
  });

  it('always take in the files that a chart is given, in its own repository or in those that lend them', () => {
    const helm = {
      valueFiles: ['../../values/prod.yaml', '/global.yaml', '$vals/env/$ARGOCD_APP_NAME.yaml'],
      fileParameters: [{ name: 'x', path: 'file.txt' }],
    };
    const one = app('.', [{ path: 'charts/web', helm } as never, { repoURL: 'http://git/values', ref: 'vals' }]);
    for (const path of ['values/prod.yaml', 'global.yaml', 'charts/web/file.txt', 'charts/web/templates/x'])
      expect([path, reads(one, 0, 0, path)]).toEqual([path, true]);
    expect(reads(one, 0, 0, 'values/other.yaml')).toBe(false);
    expect(reads(one, 0, 1, 'env/web.yaml')).toBe(true);
    expect(reads(one, 0, 1, 'env/other.yaml')).toBe(false);
  });

  it.each<[string, Partial<ApplicationSource>]>([
    ['a chart of a repository', { chart: 'web' }],
    [
      'a source into which the revision is filled in',
      { path: 'x', kustomize: { images: ['web=web:$ARGOCD_APP_REVISION_SHORT'] } },
    ],
  ])('do not limit %s', (_name, source) => {
    expect(reads(app('/x', [source]), 0, 0, 'whatever')).toBe(true);
  });
});

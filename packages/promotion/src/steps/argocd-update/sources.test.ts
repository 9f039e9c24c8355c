import type { ApplicationSource } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { anApplication } from '../../testing/application-fixture.ts';
import type { SourceUpdate } from './config.ts';
import { syncPatch } from './request-sync.ts';
import { desiredRevisions, kustomizeImage, matchesSource, updateSources } from './sources.ts';

const git: ApplicationSource = { repoURL: 'https://git.example.com/demo.git', path: 'x', targetRevision: 'main' };
const chart: ApplicationSource = { repoURL: 'https://charts.example.com', chart: 'app', targetRevision: '1.0.0' };

describe('an update means a source', () => {
  it.each([
    [{ repoURL: 'https://git.example.com/demo' }, git, true],
    [{ repoURL: 'https://GIT.example.com/demo.git/' }, git, true],
    [{ repoURL: 'https://git.example.com/other' }, git, false],
    [{ repoURL: 'https://charts.example.com', chart: 'app' }, chart, true],
    [{ repoURL: 'https://charts.example.com/', chart: 'app' }, chart, false],
    [{ repoURL: 'https://charts.example.com', chart: 'other' }, chart, false],
    [{ repoURL: 'https://charts.example.com' }, chart, false],
    [{ repoURL: 'https://git.example.com/demo.git', chart: 'app' }, git, false],
  ])('%j, %j: %s', (update, source, want) => {
    expect(matchesSource(update, source)).toBe(want);
  });

  it('and desires a revision of it, whatever the spelling of the URL', () => {
    const updates = [{ repoURL: 'https://git.example.com/demo', desiredRevision: 'abc' }];
    expect(desiredRevisions([chart, git], updates)).toEqual(['', 'abc']);
  });
});

describe('[40 C5.4] [20 6.7] a source is updated', () => {
  const update = (source: ApplicationSource, more: Partial<SourceUpdate>): ApplicationSource | undefined =>
    updateSources(
      [source],
      [{ repoURL: source.repoURL, ...(source.chart === undefined ? {} : { chart: source.chart }), ...more }],
    )[0];

  it.each([
    ['nothing but expectations', git, { desiredRevision: 'abc' }, git],
    ['its revision', git, { desiredRevision: 'abc', updateTargetRevision: true }, { ...git, targetRevision: 'abc' }],
    [
      'the version of a chart',
      chart,
      { desiredRevision: '1.1.0', updateTargetRevision: true },
      { ...chart, targetRevision: '1.1.0' },
    ],
    [
      'its Kustomize images, which are replaced',
      { ...git, kustomize: { images: ['old:1'], namePrefix: 'p-' } },
      {
        kustomize: {
          images: [
            { repoURL: 'app', tag: 'v2', newName: 'mirror/app' },
            { repoURL: 'db', digest: 'sha256:1' },
          ],
        },
      },
      { ...git, kustomize: { images: ['app=mirror/app:v2', 'db@sha256:1'], namePrefix: 'p-' } },
    ],
    [
      'its Helm parameters, in place or at the end',
      {
        ...chart,
        helm: {
          releaseName: 'r',
          parameters: [
            { name: 'a', value: '1', forceString: true },
            { name: 'b', value: '2' },
          ],
        },
      },
      {
        helm: {
          images: [
            { key: 'c', value: '' },
            { key: 'a', value: '9' },
          ],
        },
      },
      {
        ...chart,
        helm: {
          releaseName: 'r',
          parameters: [
            { name: 'a', value: '9', forceString: true },
            { name: 'b', value: '2' },
            { name: 'c', value: '' },
          ],
        },
      },
    ],
  ] as [string, ApplicationSource, Partial<SourceUpdate>, ApplicationSource][])('%s', (_, source, more, want) => {
    expect(update(source, more)).toEqual(want);
  });

  it('the first that is meant only, and never without one', () => {
    const both = updateSources(
      [git, { ...git, path: 'y' }],
      [{ repoURL: git.repoURL, desiredRevision: 'n', updateTargetRevision: true }],
    );
    expect(both.map(({ targetRevision }) => targetRevision)).toEqual(['n', 'main']);
    expect(() => updateSources([git], [{ repoURL: 'https://x', chart: 'c' }])).toThrow(
      'the repository https://x and the chart c',
    );
  });

  it('never with an image that says nothing', () => {
    expect(() => kustomizeImage({ repoURL: 'app' })).toThrow('neither a tag nor a digest nor a new name');
  });
});

describe('a sync is requested', () => {
  const promotion = { name: 'promo', actor: '' };

  it('by the controller, at what the spec says, recognisable, and never beside an old state', () => {
    const app = anApplication({ status: { health: { status: 'Healthy' } } });
    app.metadata.resourceVersion = '7';
    expect(syncPatch(app, [], promotion)).toEqual({
      metadata: { resourceVersion: '7', annotations: { 'argocd.argoproj.io/refresh': 'hard' } },
      operation: {
        initiatedBy: { username: 'kargo-controller', automated: true },
        info: [
          { name: 'Reason', value: 'Promotion triggered a sync of this Application resource.' },
          { name: 'kargo.akuity.io/promotion', value: 'promo' },
        ],
        sync: {},
      },
      status: { operationState: null },
    });
  });

  it.each([
    ['email:kim@example.com', { username: 'kim@example.com' }],
    ['admin', { username: 'admin' }],
    ['controller:stage-controller', { username: 'kargo-controller', automated: true }],
  ])('in the name of %s', (actor, initiatedBy) => {
    expect(syncPatch(anApplication(), [], { ...promotion, actor })).toMatchObject({ operation: { initiatedBy } });
  });

  it('under the sync policy of the Application', () => {
    const syncPolicy = {
      automated: { prune: true },
      syncOptions: ['CreateNamespace=true'],
      retry: { limit: 3, backoff: { duration: '5s' }, other: 1 },
    };
    expect(syncPatch(anApplication({ spec: { syncPolicy } }), [], promotion)).toMatchObject({
      operation: {
        sync: { syncOptions: ['CreateNamespace=true'], prune: true },
        retry: { limit: 3, backoff: { duration: '5s' } },
      },
    });
  });

  it('with the source, or with the sources where there are some', () => {
    const updates = [{ repoURL: git.repoURL, desiredRevision: 'n', updateTargetRevision: true }];
    expect(syncPatch(anApplication(), updates, promotion)['spec']).toMatchObject({ source: { targetRevision: 'n', path: '.' } });
    expect(syncPatch(anApplication({ spec: { sources: [chart, git] } }), updates, promotion)['spec']).toEqual({
      sources: [chart, { ...git, targetRevision: 'n' }],
    });
  });
});

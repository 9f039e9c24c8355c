import { Application, Event, notFound, type Json, type Kind, type KubeObject } from '@kargo/api';
import type { Client } from '@kargo/kube';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigValidator } from '../../config/validate.ts';
import { TerminalStepError, type StepPorts, type StepResult } from '../../step.ts';
import { anApplication, operationState } from '../../testing/application-fixture.ts';
import { runDeclared } from '../../testing/declared-outputs.ts';
import { somePorts, stepContext, unused } from '../../testing/run-fixture.ts';
import { StoredResources } from '../../testing/stored-resources.ts';
import { argoCDUpdate } from './argocd-update.ts';
import type { ArgoCDUpdateConfig } from './config.ts';

const ME = 'test.01j2w7a15cxjjgejresfyw6ysp.a1b2c3d';
const REPO = 'https://git.example.com/demo.git';
const LABELS = { team: 'x' };

let stored: StoredResources;
let events: KubeObject[];
let sleeps: number[];
beforeEach(() => {
  events = [];
  sleeps = [];
});

const ports = (more: Partial<Client> = {}): StepPorts => {
  const client = {
    get: stored.get.bind(stored),
    list: stored.list.bind(stored),
    patch: stored.patch.bind(stored),
    create: async (kind: Kind, object: KubeObject) => {
      if (kind.kind === Event.kind) events.push(object);
      return object;
    },
    ...more,
  } as unknown as Client;
  const clock = {
    now: () => Date.parse('2026-01-01T00:01:00Z'),
    setTimer: () => ({ cancel: () => undefined }),
    sleep: async (ms: number) => void sleeps.push(ms),
  };
  return somePorts({ client, clock });
};
const run = (config: ArgoCDUpdateConfig, apps: Application[], more: Partial<Client> = {}): Promise<StepResult> => {
  stored = new StoredResources(...apps);
  return runDeclared(argoCDUpdate, stepContext(unused('workspace'), config), ports(more));
};
const outcome = async (config: ArgoCDUpdateConfig, apps: Application[], more: Partial<Client> = {}): Promise<string> => {
  try {
    const { status, waitingFor = '', message = '' } = await run(config, apps, more);
    return `${status} ${waitingFor}${message}`.trim();
  } catch (error) {
    return `${error instanceof TerminalStepError ? 'terminal' : 'transient'}: ${(error as Error).message}`;
  }
};
const app = (name: string, more: Parameters<typeof anApplication>[0] = {}): Application =>
  anApplication({ name, labels: LABELS, ...more });
const ended = (phase: string, revision = 'new', message = '') => ({
  operationState: operationState(ME, { phase, message, syncResult: { revision } }),
});
const named = (...names: string[]): ArgoCDUpdateConfig => ({
  apps: names.map((name) => ({ name, sources: [{ repoURL: REPO, desiredRevision: 'new' }] })),
});
const selected = (sources?: NonNullable<ArgoCDUpdateConfig['apps'][0]['sources']>): ArgoCDUpdateConfig => ({
  apps: [{ selector: { matchLabels: LABELS }, ...(sources === undefined ? {} : { sources }) }],
});

describe('argocd-update', () => {
  it('requests a sync, tells of it in an event, and waits', async () => {
    const source = { repoURL: REPO, desiredRevision: 'new', updateTargetRevision: true };
    const result = await run({ apps: [{ name: 'a', sources: [source] }] }, [app('a')]);
    expect(result).toEqual({
      status: 'Running',
      output: { apps: [{ name: 'a', namespace: 'argocd' }] },
      waitingFor: 'Argo CD Application argocd/a to finish its sync',
    });
    expect(stored.read(Application, { namespace: 'argocd', name: 'a' })).toMatchObject({
      spec: { source: { targetRevision: 'new' } },
      operation: { info: [{}, { name: 'kargo.akuity.io/promotion', value: ME }] },
    });
    expect(events).toMatchObject([
      {
        reason: 'OperationStarted',
        type: 'Normal',
        message: 'kargo-controller initiated sync to stage/test',
        involvedObject: { kind: 'Application', name: 'a' },
      },
    ]);
  });

  it('names only the number of several sources, and does without the event', async () => {
    const sources = [
      { repoURL: REPO, path: 'a' },
      { repoURL: 'https://other', path: 'b' },
    ];
    await run({ apps: [{ name: 'a' }] }, [app('a', { spec: { sources } })]);
    expect(events).toMatchObject([{ message: 'kargo-controller initiated sync to 2 sources' }]);
    const create = async (): Promise<never> => {
      throw new Error('events are full');
    };
    expect((await run({ apps: [{ name: 'a' }] }, [app('a')], { create } as Partial<Client>)).status).toBe('Running');
  });

  it('leaves the Applications and revisions to look at as a health check', async () => {
    const result = await run(named('a', 'b'), [
      app('a', { status: ended('Succeeded') }),
      app('b', { status: ended('Succeeded') }),
    ]);
    expect(result).toMatchObject({
      status: 'Succeeded',
      output: {
        apps: [
          { name: 'a', namespace: 'argocd' },
          { name: 'b', namespace: 'argocd' },
        ],
      },
      healthCheck: {
        uses: 'argocd-update',
        config: {
          apps: [
            { name: 'a', namespace: 'argocd', desiredRevisions: ['new'] },
            { name: 'b', namespace: 'argocd', desiredRevisions: ['new'] },
          ],
        },
      },
    });
    const plain = await run({ apps: [{ name: 'a' }] }, [app('a', { status: ended('Succeeded') })]);
    expect(plain.healthCheck?.config).toEqual({ apps: [{ name: 'a', namespace: 'argocd' }] });
  });

  it.each<[string, ArgoCDUpdateConfig, Application[], string]>([
    ['a name nobody has', named('gone'), [], 'transient: unable to find Argo CD Application "gone" in namespace "argocd"'],
    [
      'an Application of another Stage',
      named('a'),
      [app('a', { authorized: 'demo:prod' })],
      'transient: Argo CD Application "a" in namespace "argocd" is not authorized for Stage demo:test',
    ],
    [
      'a wildcard, which authorizes nobody',
      named('a'),
      [app('a', { authorized: 'demo:*,demo:test' })],
      'transient: Argo CD Application "a" in namespace "argocd" is not authorized',
    ],
    [
      'another namespace',
      { apps: [{ name: 'a', namespace: 'else' }] },
      [app('a')],
      'transient: unable to find Argo CD Application "a" in namespace "else"',
    ],
    ['labels nobody has', selected(), [], 'transient: no Argo CD Applications found matching selector in namespace "argocd"'],
    [
      'labels of Applications of other Stages',
      selected(),
      [app('a', { authorized: 'demo:prod' }), app('b', { authorized: '' })],
      'transient: found 2 Application(s) matching selector in namespace "argocd", but none are authorized for Stage demo:test',
    ],
    [
      'a source that is not there',
      { apps: [{ name: 'a', sources: [{ repoURL: 'https://x' }] }] },
      [app('a')],
      'transient: no source of the Application has the repository https://x',
    ],
    [
      'an operation that failed',
      named('a'),
      [app('a', { status: ended('Failed', 'new', 'one or more objects failed') })],
      'transient: Argo CD Application "a" in namespace "argocd" failed with: one or more objects failed',
    ],
    [
      'an operation in error',
      named('a'),
      [app('a', { status: ended('Error', 'new', 'no such revision') })],
      'transient: Argo CD Application "a" in namespace "argocd" failed with: no such revision',
    ],
    [
      'one that failed and one that is running',
      named('a', 'b'),
      [app('a', { status: { operationState: operationState(ME) } }), app('b', { status: ended('Failed', 'new', 'no') })],
      'transient: Argo CD Application "b" in namespace "argocd" failed with: no',
    ],
    [
      'a phase nobody knows',
      named('a'),
      [app('a', { status: ended('Dreaming') })],
      'transient: could not determine promotion step status from operation phase "Dreaming"',
    ],
    [
      'one that is running and one that succeeded',
      named('a', 'b'),
      [app('a', { status: ended('Succeeded') }), app('b', { status: { operationState: operationState(ME) } })],
      'Running Argo CD Application argocd/b to finish its sync',
    ],
    [
      'one that is terminating',
      named('a'),
      [app('a', { status: { operationState: operationState(ME, { phase: 'Terminating' }) } })],
      'Running Argo CD Application argocd/a to finish its sync',
    ],
  ])('[40 C5.3] tells how it stands with %s', async (_, config, apps, want) => {
    expect(await outcome(config, apps)).toContain(want);
    expect(stored.writes).toEqual([]);
  });

  it('leaves those of other Stages alone that have the labels too', async () => {
    const result = await run(selected(), [app('b'), app('a'), app('theirs', { authorized: 'demo:prod' })]);
    expect(result.output).toEqual({
      apps: [
        { name: 'a', namespace: 'argocd' },
        { name: 'b', namespace: 'argocd' },
      ],
    });
    expect(stored.writes).toEqual(['Application argocd/a', 'Application argocd/b']);
  });

  it('[40 C5.3] touches none of several if one does not fit, and names the first three', async () => {
    const other = { spec: { source: { repoURL: 'https://other', path: '.' } } };
    const sources = [{ repoURL: REPO, desiredRevision: 'new' }];
    expect(await outcome(selected(sources), [app('a'), app('b', other)])).toMatch(
      /^transient: the update does not fit every selected Application, so none was changed: b: no source/,
    );
    expect(stored.writes).toEqual([]);
    const text = await outcome(selected(sources), [app('ok'), ...['a', 'b', 'c', 'd'].map((name) => app(name, other))]);
    expect(text).toContain('(first 3 of 4): a: no source');
    expect(text).not.toContain('d: no source');
  });

  it('decides anew when the Application changes under it, and gives up when that does not end', async () => {
    const racing = app('a');
    stored = new StoredResources(racing);
    let races = 1;
    stored.beforeWrite = () => {
      if (races-- > 0) stored.put({ ...racing, operation: {} } as Application);
    };
    const context = stepContext(unused('workspace'), named('a'));
    expect(await runDeclared(argoCDUpdate, context, ports())).toMatchObject({
      status: 'Running',
      waitingFor: expect.stringContaining('to start an operation requested by someone else'),
    });
    stored = new StoredResources(racing);
    stored.beforeWrite = () => stored.put(racing);
    await expect(runDeclared(argoCDUpdate, context, ports())).rejects.toThrow('keeps changing; no sync could be requested');
  });

  it('asks six times while the cluster does not know Applications', async () => {
    const missing = Object.assign(notFound(Application as unknown as Kind<KubeObject>, { name: '' }), { details: {} });
    let asked = 0;
    const get = async (): Promise<never> => {
      asked += 1;
      throw missing;
    };
    expect(await outcome(named('a'), [], { get } as unknown as Partial<Client>)).toContain('transient: ');
    expect([asked, sleeps]).toEqual([6, [1000, 2000, 4000, 8000, 16_000]]);
  });

  it.each<[Json]>([
    [{}],
    [{ apps: [] }],
    [{ apps: [{}] }],
    [{ apps: [{ name: '' }] }],
    [{ apps: [{ name: 'a', sources: [] }] }],
    [{ apps: [{ name: 'a', sources: [{}] }] }],
    [{ apps: [{ selector: { matchLabels: {} } }] }],
    [{ apps: [{ selector: { matchExpressions: [{ key: 'k', operator: 'Like' }] } }] }],
    [{ apps: [{ selector: { matchExpressions: [{ operator: 'Exists' }] } }] }],
    [{ apps: [{ name: 'a', sources: [{ repoURL: 'u', helm: {} }] }] }],
    [{ apps: [{ name: 'a', sources: [{ repoURL: 'u', helm: { images: [] } }] }] }],
    [{ apps: [{ name: 'a', sources: [{ repoURL: 'u', helm: { images: [{ key: 'k' }] } }] }] }],
    [{ apps: [{ name: 'a', sources: [{ repoURL: 'u', kustomize: { images: [] } }] }] }],
    [{ apps: [{ name: 'a', sources: [{ repoURL: 'u', kustomize: { images: [{ repoURL: 'i', tag: 't', digest: 'd' }] } }] }] }],
  ])('refuses %j', (config) => {
    expect(new ConfigValidator().problems(argoCDUpdate.configSchema, config)).not.toEqual([]);
  });
});

import type { Application, KubeObject } from '@kargo/api';
import type { Client } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { TerminalStepError, type StepResult } from '../../step.ts';
import { anApplication, operationState } from '../../testing/application-fixture.ts';
import { FewResources } from '../../testing/resources.ts';
import { somePorts, stepContext, unused } from '../../testing/run-fixture.ts';
import { argoCDWait } from './argocd-wait.ts';
import { assessReadiness, type Readiness } from './assess.ts';
import type { ArgoCDWaitConfig, WaitCondition } from './config.ts';
import type { Json } from '@kargo/api';
import { withDeclaredOutputs } from '../../testing/declared-outputs.ts';

type Status = NonNullable<Application['status']>;
const app = (status?: Status, more: Partial<Parameters<typeof anApplication>[0]> = {}): Application =>
  anApplication({ authorized: '', ...(status === undefined ? {} : { status }), ...more });
const health = (status: string): Status => ({ health: { status }, sync: { status: 'Synced', revision: 'abc' } });
const done = operationState(undefined, { phase: 'Succeeded' });
const ended = { operationState: done, reconciledAt: done.finishedAt };

describe('[40 C5.5] [20 6.7] an Application that is waited for', () => {
  const all: WaitCondition[] = ['health', 'sync', 'operation'];
  it.each<[string, Application, WaitCondition[], string, Readiness['kind'] | RegExp]>([
    ['everything as it should be', app({ ...health('Healthy'), ...ended }), all, '', 'ready'],
    ['no operation ever', app(health('Healthy')), all, '', 'ready'],
    [
      'an operation under way',
      app({ ...health('Healthy'), operationState: operationState(undefined) }),
      all,
      '',
      /to finish its operation/,
    ],
    ['an operation that is to begin', app(health('Healthy'), { operation: {} }), all, '', /to finish its operation/],
    ['an operation that nobody waits for', app(health('Healthy'), { operation: {} }), ['health', 'sync'], '', 'ready'],
    [
      'a look from before the operation',
      app({ ...health('Healthy'), ...ended, reconciledAt: '2026-01-01T00:00:09Z' }),
      all,
      '',
      /looked at anew/,
    ],
    ['no look since the operation', app({ ...health('Healthy'), operationState: done }), ['health'], '', /looked at anew/],
    ['a look of the same second', app({ ...health('Healthy'), ...ended }), ['health'], '', 'ready'],
    [
      'an old look that does not matter',
      app({ ...health('Degraded'), operationState: done }),
      ['sync', 'operation'],
      '',
      'ready',
    ],
    ['sync alone', app(health('Degraded')), ['sync'], '', 'ready'],
    ['operation alone', app({ health: { status: 'Degraded' }, sync: { status: 'OutOfSync' } }), ['operation'], '', 'ready'],
    [
      'out of sync',
      app({ health: { status: 'Healthy' }, sync: { status: 'OutOfSync' } }),
      all,
      '',
      /to be Synced; it is OutOfSync/,
    ],
    ['no status at all', app(), all, '', /to be Healthy; it is of unknown health/],
    ['suspended, as awaited', app(health('Suspended')), ['health', 'suspended'], '', 'ready'],
    ['degraded, as awaited', app(health('Degraded')), ['health', 'degraded'], 'Healthy', 'ready'],
    [
      'neither of those awaited',
      app(health('Progressing')),
      ['suspended', 'degraded'],
      '',
      /to be Suspended or Degraded; it is Progressing/,
    ],
    ['degraded from the beginning', app(health('Degraded')), all, '', /to be Healthy; it is Degraded/],
    ['still degraded', app(health('Degraded')), all, 'Degraded', /it is Degraded/],
    ['degraded after nobody knew', app(health('Degraded')), all, 'Unknown', /it is Degraded/],
    ['degraded after progress', app(health('Degraded')), all, 'Progressing', 'failed'],
    ['degraded, where suspension is awaited', app(health('Degraded')), ['suspended'], 'Healthy', /it is Degraded/],
    [
      'an error',
      app({ ...health('Healthy'), conditions: [{ type: 'ComparisonError', message: 'no such path' }] }),
      ['sync'],
      '',
      'failed',
    ],
    [
      'a condition that is no error',
      app({ ...health('Healthy'), conditions: [{ type: 'SyncError', message: 'x' }] }),
      ['sync'],
      '',
      'ready',
    ],
  ])('%s', (_, given, conditions, before, want) => {
    const got = assessReadiness(given, conditions, before);
    if (typeof want === 'string') expect(got.kind).toBe(want);
    else expect(got.kind === 'waiting' ? got.why : got.kind).toMatch(want);
  });
});

describe('argocd-wait', () => {
  const refreshed: string[] = [];
  const run = (config: ArgoCDWaitConfig, apps: Application[], output?: Json): Promise<StepResult> => {
    refreshed.length = 0;
    const few = new FewResources(...apps);
    const client = {
      get: few.get.bind(few),
      list: async () => ({ items: apps as KubeObject[] }),
      patch: async (_: unknown, { name }: { name: string }) => void refreshed.push(name),
    } as unknown as Client;
    const outputs = output === undefined ? {} : { 'step-1': output };
    return withDeclaredOutputs(
      argoCDWait,
      config,
      argoCDWait.run(stepContext(unused('workspace'), config, { outputs }), somePorts({ client })),
    );
  };
  const named = (...names: string[]): ArgoCDWaitConfig => ({ apps: names.map((name) => ({ name })) });

  it('is done when all Applications are ready, authorised or not', async () => {
    const result = await run(named('a', 'b'), [app(health('Healthy'), { name: 'a' }), app(health('Healthy'), { name: 'b' })]);
    expect(result).toEqual({
      status: 'Succeeded',
      output: {
        apps: [
          { name: 'a', namespace: 'argocd' },
          { name: 'b', namespace: 'argocd' },
        ],
        healthStatus: { 'argocd/a': 'Healthy', 'argocd/b': 'Healthy' },
      },
    });
  });

  it('waits for those that are not, and has stale ones looked at', async () => {
    const stale = app({ ...health('Healthy'), operationState: done }, { name: 'b' });
    const result = await run(
      { apps: [{ name: 'a' }, { selector: { matchLabels: { team: 'x' } }, waitFor: ['health'] }] },
      [app(health('Progressing'), { name: 'a' }), stale].slice(0),
    );
    expect(result.status).toBe('Running');
    expect(result.waitingFor).toContain('argocd/a to be Healthy; it is Progressing');
    expect(refreshed).toEqual(['b']);
  });

  it('remembers health from look to look', async () => {
    const { output } = await run(named('a'), [app(health('Progressing'), { name: 'a' })]);
    await expect(run(named('a'), [app(health('Degraded'), { name: 'a' })], output)).rejects.toMatchObject({
      name: 'TerminalStepError',
      status: 'Errored',
      message: 'Argo CD Application "a" in namespace "argocd" became Degraded, having been Progressing',
      output: { healthStatus: { 'argocd/a': 'Degraded' } },
    });
  });

  it.each<[string, ArgoCDWaitConfig, string]>([
    ['an Application that is not there', named('absent'), 'unable to find Argo CD Application "absent" in namespace "argocd"'],
    [
      'labels that no Application has',
      { apps: [{ selector: { matchLabels: { a: 'b' } } }] },
      'no Argo CD Applications found matching selector',
    ],
  ])('may be tried again for %s', async (_, config, want) => {
    const failure: unknown = await run(config, []).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(TerminalStepError);
    expect((failure as Error).message).toContain(want);
  });
});

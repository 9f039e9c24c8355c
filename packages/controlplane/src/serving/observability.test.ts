import { allKinds, ConfigMap, Namespace, type Kind, type KubeObject } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import type { Processes } from '@kargo/integrations';
import { Manager, nextTurn, seededRandom, silentLog, VirtualClock } from '@kargo/kube';
import { createMetrics, type Metrics } from '@kargo/server';
import { describe, expect, it } from 'vitest';
import { measuredProcesses } from './observability.ts';

async function valueOf(metrics: Metrics, name: string): Promise<number | undefined> {
  const { text } = await metrics.rest.exposition();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe('what git takes', () => {
  const clock = new VirtualClock('2026-01-01T00:00:00Z');
  const slow: Processes = {
    async run({ args }) {
      await clock.sleep(2000);
      if (args.includes('throws')) throw new Error('no such program');
      return { exitCode: args.includes('origin') ? 0 : 128, stdout: '', stderr: '', truncated: false } as Awaited<
        ReturnType<Processes['run']>
      >;
    },
  };

  it.each([
    ['a command that succeeds', 'git', ['-c', 'a=b', 'fetch', 'origin'], 'command="fetch",result="ok"'],
    ['one that fails', '/usr/bin/git', ['push', 'other'], 'command="push",result="failed"'],
    ['one that cannot be run', 'git', ['clone', 'throws'], 'command="clone",result="failed"'],
    ['one that nobody knows', 'git', ['frobnicate', 'origin'], 'command="other",result="ok"'],
    ['another program', 'helm', ['push', 'origin'], undefined],
  ])('is measured of %s', async (_, command, args, labels) => {
    const metrics = createMetrics({ process: false });
    const run = measuredProcesses(slow, metrics, clock).run({ command, args, cwd: '/', env: {}, timeout: 1 });
    run.catch(() => undefined);
    await clock.advanceBy(2000);
    await run.catch(() => undefined);
    const sum = 'kargo_git_command_duration_seconds_sum';
    if (labels === undefined) expect((await metrics.rest.exposition()).text).not.toContain(`${sum}{`);
    else expect(await valueOf(metrics, `${sum}{${labels}}`)).toBe(2);
  });
});

describe('what controllers take', () => {
  it('is measured by how reconciles end', async () => {
    const clock = new VirtualClock('2026-01-01T00:00:00Z');
    const random = seededRandom(1);
    const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
    const client = api.client();
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } });
    for (const name of ['good', 'bad'])
      await client.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'demo' } });
    const metrics = createMetrics({ process: false });
    const manager = new Manager({ client, clock, random, log: silentLog, metrics: metrics.runtime });
    manager.add({
      name: 'maps',
      for: ConfigMap as unknown as Kind<KubeObject>,
      sources: [],
      reconciler: {
        reconcile: async ({ name }) => {
          if (name === 'bad') throw new Error('this one is bad');
          return { kind: 'settled' };
        },
      },
    });
    await manager.start();
    const count = (outcome: string): Promise<number | undefined> =>
      valueOf(metrics, `kargo_reconcile_duration_seconds_count{controller="maps",outcome="${outcome}"}`);
    for (let i = 0; i < 50 && (await count('error')) !== 1; i++) await nextTurn();
    expect([await count('settled'), await count('error'), await count('conflict')]).toEqual([1, 1, 0]);
    expect(await valueOf(metrics, 'kargo_workqueue_depth{controller="maps"}')).toBe(0);
    expect(await valueOf(metrics, 'kargo_workqueue_latency_seconds_count{controller="maps"}')).toBe(2);
    await manager.stop();
    await api.close();
  });
});

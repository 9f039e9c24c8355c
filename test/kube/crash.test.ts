import { coreKinds, Namespace } from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { commitObject, commitStatus, Manager, settled, waiting, type Client, type Result } from '@kargo/kube';
import { contractKinds, crashAt, Simulation, Widget, type CrashPlan, type SimulatedProcess } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';

const key = { namespace: 'n', name: 'a' };

/** Counts a widget up to three, a minute after each other, and notes every count in an outside ledger exactly once. */
function countingManager(process: SimulatedProcess, api: Client, ledger: Ledger): Manager {
  const client = process.client(api);
  const outside = process.guard('ledger', ledger);
  const manager = new Manager({ client, clock: process.clock, random: process.random, log: process.log });
  manager.add({
    name: 'count',
    for: Widget,
    sources: [],
    finished: ({ status }: Widget) => status?.phase === 'Done',
    reconciler: {
      reconcile: async (request): Promise<Result> => {
        const widget = manager.cache.get(Widget, request);
        if (widget === undefined || widget.status?.phase === 'Done') return settled;
        const { next = 1, at = 0 } = widget.status?.counts ?? {};
        if (process.clock.now() < at)
          return waiting('Minute', `${next} comes a minute after ${next - 1}`, {
            kind: 'deadline',
            at,
            why: 'the minute is over',
          });
        if (!(await outside.has(next))) await outside.append(next);
        const status = next === 3 ? { phase: 'Done' } : { counts: { next: next + 1, at: process.clock.now() + 60_000 } };
        await commitStatus(client, Widget, widget, { ...widget, status });
        return waiting('Written', 'the status was just written', { kind: 'event', on: 'the change comes back' });
      },
    },
  });
  return manager;
}

class Ledger {
  readonly entries: number[] = [];

  async has(entry: number): Promise<boolean> {
    return this.entries.includes(entry);
  }

  async append(entry: number): Promise<void> {
    this.entries.push(entry);
  }
}

async function story(
  seed: number,
  plan?: CrashPlan,
): Promise<{ entries: number[]; trace: string; points: number; phase: string | undefined }> {
  const simulation = new Simulation({ seed });
  const api: ApiServer = openApiServer({
    path: ':memory:',
    kinds: [...coreKinds, ...contractKinds],
    clock: simulation.clock,
    random: simulation.random.fork('api'),
  });
  const client = api.client();
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  const made = await client.create(Widget, { apiVersion: 'contract.kargo.dev/v1', kind: 'Widget', metadata: { ...key } });
  await commitObject(client, Widget, made, { ...made, metadata: { ...made.metadata, labels: { seed: String(seed) } } });
  const ledger = new Ledger();
  let process = simulation.process('controller', plan);
  void countingManager(process, client, ledger).start();
  let manager: Manager | undefined;
  await simulation.run(async () => {
    if (process.dead) {
      process = simulation.process('controller');
      manager = countingManager(process, client, ledger);
      void manager.start();
    }
    return (await client.get(Widget, key)).status?.phase === 'Done';
  });
  await simulation.clock.settle();
  expect(manager?.defects() ?? []).toEqual([]);
  const { status } = await client.get(Widget, key);
  return { entries: ledger.entries, trace: simulation.trace.toString(), points: process.points, phase: status?.phase };
}

describe('a controller killed at any call it makes and started again', () => {
  it('finishes, and shows each effect once', async () => {
    const { points } = await story(1);
    expect(points).toBeGreaterThan(15);
    for (let n = 1; n <= points; n++) {
      const { entries, phase } = await story(1, crashAt(n));
      expect({ n, entries, phase }).toEqual({ n, entries: [1, 2, 3], phase: 'Done' });
    }
  });

  it('does the same from the same seed, byte for byte', async () => {
    const first = await story(7, crashAt(6));
    expect(first.trace).toContain('controller: dies');
    expect((await story(7, crashAt(6))).trace).toBe(first.trace);
  });
});

import { describe, expect, it } from 'vitest';
import { crashAt, Simulation } from './simulation.ts';

/** A ledger that a process writes to twice, once a second. */
class Ledger {
  readonly entries: string[] = [];

  async append(entry: string): Promise<number> {
    return this.entries.push(entry);
  }

  size(): number {
    return this.entries.length;
  }
}

async function work(process: ReturnType<Simulation['process']>, ledger: Ledger): Promise<void> {
  try {
    for (let i = 0; i < 2; i++) {
      await process.clock.sleep(1000 * (1 + process.random.next()));
      await ledger.append(`${process.name} ${i}`);
      process.log.info({ i }, 'appended');
    }
  } catch (error) {
    await ledger.append(`caught ${String(error)}`);
  } finally {
    await ledger.append('cleaned up');
  }
}

async function runOnce(seed: number, crash?: number): Promise<{ entries: string[]; trace: string; points: number }> {
  const simulation = new Simulation({ seed });
  const ledger = new Ledger();
  const process = simulation.process('p', crash === undefined ? undefined : crashAt(crash));
  const working = work(process, process.guard('ledger', ledger));
  let over = false;
  void Promise.race([working, process.death]).then(() => {
    over = true;
  });
  await simulation.run(() => over);
  await simulation.clock.advanceBy(10_000);
  return { entries: ledger.entries, trace: simulation.trace.toString(), points: process.points };
}

describe('a simulated process', () => {
  it('runs as usual when nothing kills it', async () => {
    const { entries, points } = await runOnce(1);
    expect(entries).toEqual(['p 0', 'p 1', 'cleaned up']);
    expect(points).toBe(6);
  });

  const cases: { crash: number; want: string[]; name: string }[] = [
    { crash: 1, want: [], name: 'before its first effect' },
    { crash: 2, want: ['p 0'], name: 'after its first effect' },
    { crash: 3, want: ['p 0'], name: 'before its second effect' },
    { crash: 5, want: ['p 0', 'p 1'], name: 'in its cleanup' },
  ];
  it.each(cases)('does nothing more when it dies $name', async ({ crash, want }) => {
    expect((await runOnce(1, crash)).entries).toEqual(want);
  });

  it('throws from calls without a promise once it is dead', async () => {
    const simulation = new Simulation({ seed: 1 });
    const process = simulation.process('p');
    const ledger = process.guard('ledger', new Ledger());
    process.crash();
    expect(() => ledger.size()).toThrow('p is dead');
  });
});

describe('a simulation', () => {
  it('repeats a run byte for byte from its seed', async () => {
    const first = await runOnce(42, 4);
    expect((await runOnce(42, 4)).trace).toBe(first.trace);
    expect(first.trace).toContain('p: dies: after ledger.append');
    expect((await runOnce(43, 4)).trace).not.toBe(first.trace);
  });

  it('fails with its trace when nothing is left that could happen', async () => {
    const simulation = new Simulation({ seed: 1 });
    simulation.trace.add('test', 'began');
    await expect(simulation.run(() => false)).rejects.toThrow(/nothing is left that could happen[^]*test: began/);
  });

  it('fails when it goes round in circles', async () => {
    const simulation = new Simulation({ seed: 1 });
    const again = (): void => void simulation.clock.setTimer(simulation.clock.now() + 1, again);
    again();
    await expect(simulation.run(() => false, { steps: 50 })).rejects.toThrow('not done after 50 timers');
  });
});

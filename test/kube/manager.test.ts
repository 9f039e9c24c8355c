import { ConfigMap, type ConfigMap as ConfigMapObject } from '@kargo/api';
import { settled, silentLog, source, TerminalError, waiting, type Log, type Result } from '@kargo/kube';
import { Widget } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { key, nothing, openHarness } from './harness.ts';

describe('starting', () => {
  it('reconciles every existing object once the caches are complete', async () => {
    const { manager, control, widget, seen } = await openHarness();
    await widget('a');
    await widget('b');
    let cached = 0;
    control(() => {
      cached = manager.cache.list(Widget).length;
      return settled;
    });
    await manager.start();
    await manager.idle();
    expect(seen).toEqual(['a@0', 'b@0']);
    expect(cached).toBe(2);
    await manager.stop();
  });

  it('reads frozen objects from memory, by key, namespace, label and index', async () => {
    const { manager, widget } = await openHarness();
    await widget('a', { color: 'green' }, { labels: { x: '1' } });
    await widget('b', { color: 'blue' });
    await widget('c', { color: 'green' });
    manager.addIndex({ kind: Widget, name: 'color', keys: ({ spec }) => (spec?.color === undefined ? [] : [spec.color]) });
    await manager.start();
    const { cache } = manager;
    const names = (widgets: readonly Widget[]): (string | undefined)[] => widgets.map(({ metadata }) => metadata.name);
    expect(names(cache.byIndex(Widget, 'color', 'green'))).toEqual(['a', 'c']);
    expect(names(cache.byIndex(Widget, 'color', 'pink'))).toEqual([]);
    expect(names(cache.list(Widget, { namespace: 'n', labelSelector: 'x=1' }))).toEqual(['a']);
    expect(cache.list(Widget, { namespace: 'other' })).toEqual([]);
    expect(Object.isFrozen(cache.get(Widget, key('a'))?.spec)).toBe(true);
    expect(cache.get(Widget, key('none'))).toBeUndefined();
    expect(() => cache.list(ConfigMap)).toThrow('ConfigMap is not watched');
    expect(() => cache.byIndex(Widget, 'size', '1')).toThrow('has no index "size"');
    await manager.stop();
  });

  it('keeps the index right when objects change and go', async () => {
    const { manager, widget, client } = await openHarness();
    await widget('a', { color: 'green' });
    manager.addIndex({ kind: Widget, name: 'color', keys: ({ spec }) => [spec?.color ?? 'none'] });
    await manager.start();
    await client.patch(Widget, key('a'), { type: 'merge', body: { spec: { color: 'blue' } } });
    await manager.idle();
    expect(manager.cache.byIndex(Widget, 'color', 'green')).toHaveLength(0);
    expect(manager.cache.byIndex(Widget, 'color', 'blue')).toHaveLength(1);
    await client.delete(Widget, key('a'));
    await manager.idle();
    expect(manager.cache.byIndex(Widget, 'color', 'blue')).toHaveLength(0);
    await manager.stop();
  });
});

describe('changes', () => {
  it('wake the objects they are mapped to', async () => {
    const { manager, control, widget, client, seen } = await openHarness();
    await widget('a');
    control(nothing, {
      sources: [
        source(ConfigMap, ({ object, old }) => [key(((object ?? old) as ConfigMapObject).data?.['widget'] ?? 'unnamed')]),
      ],
    });
    await manager.start();
    await manager.idle();
    await client.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'm', namespace: 'n' },
      data: { widget: 'a' },
    });
    await manager.idle();
    await client.delete(ConfigMap, key('m'));
    await manager.idle();
    expect(seen).toEqual(['a@0', 'a@0', 'a@0']);
    await manager.stop();
  });

  it('of the object itself wake it, and so does its deletion', async () => {
    const { manager, control, widget, client, seen } = await openHarness();
    control(nothing);
    await manager.start();
    await widget('a');
    await manager.idle();
    await client.delete(Widget, key('a'));
    await manager.idle();
    expect(seen).toEqual(['a@0', 'a@0']);
    await manager.stop();
  });

  it('that come while an object is being reconciled lead to exactly one more reconcile', async () => {
    const { manager, control, widget, client, clock } = await openHarness();
    let running = 0;
    let most = 0;
    let count = 0;
    control(async () => {
      running++;
      most = Math.max(most, running);
      count++;
      await clock.sleep(1000);
      running--;
      return settled;
    });
    await widget('a');
    await manager.start();
    for (let size = 0; size < 10; size++) await client.patch(Widget, key('a'), { type: 'merge', body: { spec: { size } } });
    await clock.advanceBy(10_000);
    expect(count).toBe(2);
    expect(most).toBe(1);
    await manager.stop();
  });

  it('of many objects are handled by no more workers than configured', async () => {
    const { manager, control, widget, clock } = await openHarness();
    let running = 0;
    let most = 0;
    for (let i = 0; i < 9; i++) await widget(`w${i}`);
    control(
      async () => {
        most = Math.max(most, ++running);
        await clock.sleep(1000);
        running--;
        return settled;
      },
      { workers: 3 },
    );
    await manager.start();
    await clock.advanceBy(3000);
    expect(most).toBe(3);
    expect(running).toBe(0);
    await manager.stop();
  });
});

describe('a waiting object', () => {
  it('is looked at again exactly at the earliest of its instants', async () => {
    const { manager, control, widget, clock, seen } = await openHarness();
    await widget('a');
    control(({ name }) =>
      clock.now() === 0
        ? waiting(
            'Soak',
            `${name} soaks`,
            { kind: 'deadline', at: 90_061_001, why: 'soaked' },
            { kind: 'poll', at: 100_000_000, why: 'look' },
          )
        : settled,
    );
    await manager.start();
    await clock.settle();
    expect(manager.waitOf(Widget, key('a'))).toEqual({
      controller: 'widgets',
      kind: 'Widget',
      key: key('a'),
      reason: 'Soak',
      message: 'a soaks',
      since: 0,
      until: [
        { kind: 'deadline', at: 90_061_001, why: 'soaked' },
        { kind: 'poll', at: 100_000_000, why: 'look' },
      ],
    });
    await clock.advanceBy(200_000_000);
    expect(seen).toEqual(['a@0', 'a@90061001']);
    expect(manager.waits()).toEqual([]);
    await manager.stop();
  });

  it('keeps the time since when it waits for the same reason', async () => {
    const { manager, control, widget, clock } = await openHarness();
    await widget('a');
    control(() =>
      waiting(clock.now() < 3000 ? 'First' : 'Second', 'again', { kind: 'poll', at: clock.now() + 1000, why: 'look' }),
    );
    await manager.start();
    await clock.advanceTo(2500);
    expect(manager.waitOf(Widget, key('a'))).toMatchObject({ reason: 'First', since: 0 });
    await clock.advanceTo(4500);
    expect(manager.waitOf(Widget, key('a'))).toMatchObject({ reason: 'Second', since: 3000 });
    await manager.stop();
  });

  it('is woken by a change before its time', async () => {
    const { manager, control, widget, client, clock, seen } = await openHarness();
    await widget('a');
    control(() => waiting('Soak', 'soaks', { kind: 'deadline', at: 50_000, why: 'soaked' }));
    await manager.start();
    await clock.advanceTo(10_000);
    await client.patch(Widget, key('a'), { type: 'merge', body: { spec: { size: 1 } } });
    await clock.advanceTo(49_999);
    expect(seen).toEqual(['a@0', 'a@10000']);
    await manager.stop();
  });
});

describe('a failing reconcile', () => {
  it('is retried with growing pauses, says so meanwhile, and stops nothing else', async () => {
    const { manager, control, widget, clock, seen } = await openHarness();
    await widget('bad');
    await widget('good');
    let failures = 0;
    control(({ name }): Result => {
      if (name === 'bad' && failures++ < 4) (undefined as unknown as { x: () => void }).x();
      return settled;
    });
    await manager.start();
    await clock.settle();
    const wait = manager.waitOf(Widget, key('bad'));
    expect(wait).toMatchObject({ reason: 'Retry', since: 0, until: [{ kind: 'poll' }] });
    expect(wait?.message).toContain("attempt 1 failed: Cannot read properties of undefined (reading 'x')");
    await clock.advanceBy(60_000);
    const times = seen.filter((entry) => entry.startsWith('bad')).map((entry) => Number(entry.split('@')[1]));
    expect(times).toHaveLength(5);
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    pauses.forEach((pause, i) => {
      expect(pause).toBeGreaterThanOrEqual(100 * 2 ** i);
      expect(pause).toBeLessThanOrEqual(200 * 2 ** i);
    });
    expect(manager.waits()).toEqual([]);
    expect(seen.filter((entry) => entry.startsWith('good'))).toEqual(['good@0']);
    await manager.stop();
  });

  it.each([
    [
      'what went wrong outside, without the place in the program',
      new Error('GET x failed', { cause: new Error('ENOTFOUND') }),
      false,
    ],
    ['a fault of the program with its place', new TypeError('x is not a function'), true],
    ['an error that nothing caused with its place', new Error('programmer error'), true],
  ])('tells the log %s', async (_name, error, hasPlace) => {
    const said: string[] = [];
    const log: Log = { ...silentLog, warn: (fields) => void said.push(Object.values(fields).join()), child: () => log };
    const { manager, control, widget, clock } = await openHarness({}, { log });
    await widget('bad');
    let failures = 0;
    control((): Result => {
      if (failures++ === 0) throw error;
      return settled;
    });
    await manager.start();
    await clock.advanceBy(1000);
    await manager.stop();
    expect(said).toEqual([expect.stringContaining(error.message)]);
    expect(said[0]?.includes('    at ')).toBe(hasPlace);
  });

  it('is not retried after a terminal error until the object changes', async () => {
    const { manager, control, widget, client, clock, seen } = await openHarness();
    await widget('a');
    control(() => {
      throw new TerminalError('the spec makes no sense');
    });
    await manager.start();
    await clock.advanceTo(1_000_000);
    expect(seen).toEqual(['a@0']);
    expect(manager.waitOf(Widget, key('a'))).toMatchObject({ reason: 'TerminalError', message: 'the spec makes no sense' });
    await client.patch(Widget, key('a'), { type: 'merge', body: { spec: { size: 1 } } });
    await manager.idle();
    expect(seen).toEqual(['a@0', 'a@1000000']);
    await manager.stop();
  });

  it('is aborted after its timeout and retried', async () => {
    const { manager, control, widget, clock, seen } = await openHarness();
    await widget('a');
    control(
      async (_request, { signal }) => {
        if (clock.now() > 5000) return settled;
        await clock.sleep(60_000, { signal });
        return settled;
      },
      { timeout: 5000 },
    );
    await manager.start();
    await clock.advanceBy(5000);
    expect(manager.waitOf(Widget, key('a'))?.message).toContain('took longer than 5 s');
    await clock.advanceBy(5000);
    expect(seen).toHaveLength(2);
    expect(manager.waits()).toEqual([]);
    await manager.stop();
  });

  it('that ignores its deadline loses its worker, so that others go on', async () => {
    const { manager, control, widget, clock, seen } = await openHarness();
    await widget('a');
    await widget('b');
    control(({ name }) => (name === 'a' ? new Promise<Result>(() => undefined) : settled), { timeout: 5000, workers: 1 });
    await manager.start();
    await clock.advanceBy(14_000);
    expect(seen).toEqual(['a@0']);
    await clock.advanceBy(1000);
    expect(seen).toEqual(['a@0', 'b@15000']);
    expect(manager.defects()).toMatchObject([{ problem: 'Stuck', key: key('a') }]);
  });
});

describe('defects', () => {
  const cases: { name: string; result: (now: number) => unknown; want: string }[] = [
    {
      name: 'a wait without a wake-up',
      result: () => ({ kind: 'waiting', reason: 'X', message: 'x', until: [] }),
      want: 'NoWakeUp',
    },
    {
      name: 'a wake-up that never comes',
      result: () => waiting('X', 'x', { kind: 'poll', at: Number.NaN, why: 'y' }),
      want: 'NoWakeUp',
    },
    { name: 'a result that is none', result: () => undefined, want: 'BadResult' },
    {
      name: 'a wait without a reason',
      result: () => ({ kind: 'waiting', reason: '', message: '', until: [] }),
      want: 'BadResult',
    },
    {
      name: 'an endless demand to be looked at now',
      result: (now) => waiting('X', 'x', { kind: 'poll', at: now, why: 'y' }),
      want: 'Busy',
    },
    { name: 'an unfinished object that settled', result: () => settled, want: 'NoWakeUp' },
  ];
  it.each(cases)('include $name', async ({ result, want }) => {
    const { manager, control, widget, clock } = await openHarness();
    await widget('a');
    control(() => result(clock.now()) as Result, { finished: () => false });
    await manager.start();
    await clock.settle();
    await clock.advanceBy(1);
    expect(manager.defects()).toMatchObject([{ controller: 'widgets', kind: 'Widget', key: key('a'), problem: want }]);
    await manager.stop();
  });

  it('include a map function that throws, which loses nothing else', async () => {
    const { manager, control, widget, clock, seen } = await openHarness();
    control(nothing, {
      sources: [
        source(Widget, ({ object }) => {
          if (object?.metadata.name === 'bad') throw new Error('cannot map');
          return [key(object?.metadata.name ?? '')];
        }),
      ],
    });
    await manager.start();
    await widget('bad');
    await widget('good');
    await clock.settle();
    expect(seen).toEqual(['good@0']);
    expect(manager.defects()).toMatchObject([{ problem: 'MapFailed', kind: 'Widget' }]);
    await manager.stop();
  });

  it('are none for objects that are finished, waiting or about to be looked at', async () => {
    const { manager, control, widget, clock } = await openHarness();
    await widget('done');
    await widget('waits');
    control(({ name }) => (name === 'done' ? settled : waiting('X', 'x', { kind: 'event', on: 'something happens' })), {
      finished: ({ metadata }: Widget) => metadata.name === 'done',
    });
    await manager.start();
    await clock.settle();
    expect(manager.defects()).toEqual([]);
    await manager.stop();
  });
});

describe('stopping', () => {
  it('aborts what runs, waits for it, and begins nothing more', async () => {
    const { manager, control, widget, clock, seen } = await openHarness();
    await widget('a');
    await widget('b');
    let ended = false;
    control(
      async (_request, { signal }) => {
        await clock.sleep(60_000, { signal }).finally(() => {
          ended = true;
        });
        return settled;
      },
      { workers: 1 },
    );
    await manager.start();
    await clock.settle();
    await manager.stop();
    expect(ended).toBe(true);
    await widget('c');
    await clock.advanceBy(100_000);
    expect(seen).toEqual(['a@0']);
  });

  it('ends a start that still waits for the API', async () => {
    const { manager, control, clock } = await openHarness({
      around: (call, next) => (call.verb === 'list' ? Promise.reject(new Error('down')) : next()),
    });
    control(nothing);
    const starting = manager.start().catch((error: unknown) => error);
    await clock.advanceBy(10_000);
    await manager.stop();
    expect(await starting).toMatchObject({ message: 'the manager stops' });
  });
});

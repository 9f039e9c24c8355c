import { ApiError } from '@kargo/api';
import { settled } from '@kargo/kube';
import { Widget } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { key, nothing, openHarness } from './harness.ts';

describe('a cache', () => {
  it('is complete in the end though every call and watch fails now and then', async () => {
    let n = 0;
    const flaky = (): void => {
      if (++n % 3 === 0) throw new ApiError('ServiceUnavailable', 'connection reset');
    };
    const { manager, control, widget, client, clock } = await openHarness({
      around: async (_call, next) => {
        flaky();
        return next();
      },
      watch: flaky,
      event: () => {
        flaky();
        return true;
      },
    });
    const sizes = new Map<string, number | undefined>();
    control(({ name }) => {
      sizes.set(name, manager.cache.get(Widget, key(name))?.spec?.size);
      return settled;
    });
    await widget('before', { size: 1 });
    const starting = manager.start();
    await clock.advanceBy(60_000);
    await starting;
    for (let i = 0; i < 10; i++) {
      await widget(`w${i}`, { size: i });
      await clock.advanceBy(1000);
    }
    await client.patch(Widget, key('before'), { type: 'merge', body: { spec: { size: 2 } } });
    await client.delete(Widget, key('w0'));
    await clock.advanceBy(120_000);
    expect(manager.cache.list(Widget)).toEqual((await client.list(Widget)).items);
    expect(sizes.get('before')).toBe(2);
    expect(sizes.get('w0')).toBeUndefined();
    expect(sizes.get('w9')).toBe(9);
    await manager.stop();
  });

  it('lists anew when history is gone, and tells what was missed: changed, new, deleted and replaced objects', async () => {
    let cut = false;
    const { manager, control, widget, client, clock, seen } = await openHarness({
      event: () => {
        if (cut) throw new ApiError('ServiceUnavailable', 'cut');
        return true;
      },
      watch: () => {
        if (cut) throw new ApiError('ServiceUnavailable', 'cut');
      },
    });
    for (const name of ['same', 'changed', 'deleted', 'replaced']) await widget(name);
    control(nothing);
    const told: string[] = [];
    await manager.start();
    await manager.idle();
    cut = true;
    await client.patch(Widget, key('changed'), { type: 'merge', body: { spec: { size: 1 } } });
    await client.delete(Widget, key('deleted'));
    await client.delete(Widget, key('replaced'));
    const replacement = await widget('replaced');
    await widget('new');
    for (let size = 0; size < 60; size++) await client.patch(Widget, key('new'), { type: 'merge', body: { spec: { size } } });
    await clock.advanceBy(1000);
    seen.length = 0;
    cut = false;
    await clock.advanceBy(60_000);
    told.push(...new Set(seen.map((entry) => entry.split('@', 1)[0] ?? '')));
    expect(new Set(told)).toEqual(new Set(['changed', 'deleted', 'replaced', 'new']));
    expect(manager.cache.get(Widget, key('replaced'))?.metadata.uid).toBe(replacement.metadata.uid);
    expect(manager.cache.list(Widget)).toEqual((await client.list(Widget)).items);
    await manager.stop();
  });

  it('goes on from the last version when a watch ends, without listing again', async () => {
    let lists = 0;
    let watches = 0;
    const { manager, control, widget, clock, seen } = await openHarness({
      around: (call, next) => {
        if (call.verb === 'list') lists++;
        return next();
      },
      watch: () => {
        watches++;
      },
      event: () => {
        if (watches === 1) throw new ApiError('ServiceUnavailable', 'cut');
        return true;
      },
    });
    control(nothing);
    await manager.start();
    await widget('a');
    await clock.advanceBy(1000);
    expect({ lists, watches, seen: seen.length }).toEqual({ lists: 1, watches: 2, seen: 1 });
    await manager.stop();
  });

  it('makes good what got lost without a trace when it lists again', async () => {
    let lost = true;
    const { manager, control, widget, client, clock, seen } = await openHarness({ event: () => !lost }, { relistAfter: 600_000 });
    await widget('changed');
    await widget('deleted');
    control(nothing);
    await manager.start();
    await manager.idle();
    seen.length = 0;
    await widget('new');
    await client.patch(Widget, key('changed'), { type: 'merge', body: { spec: { size: 1 } } });
    await client.delete(Widget, key('deleted'));
    await clock.advanceBy(500_000);
    expect(seen).toEqual([]);
    lost = false;
    await clock.advanceBy(100_000);
    expect(seen.map((entry) => entry.replace(/@.*/, '')).toSorted()).toEqual(['changed', 'deleted', 'new']);
    expect(manager.cache.list(Widget)).toEqual((await client.list(Widget)).items);
    await widget('later');
    await clock.advanceBy(10);
    expect(seen.at(-1)).toMatch(/^later@/);
    await manager.stop();
  });

  it('reads large collections page by page', async () => {
    const pages: unknown[] = [];
    const { manager, control, widget, seen } = await openHarness({
      around: async (call, next) => {
        const result = await next();
        if (call.verb === 'list') pages.push((result as { items: unknown[] }).items.length);
        return result;
      },
    });
    for (let i = 0; i < 501; i++) await widget(`w${i}`);
    control(nothing);
    await manager.start();
    await manager.idle();
    expect(pages).toEqual([500, 1]);
    expect(seen).toHaveLength(501);
    await manager.stop();
  });
});

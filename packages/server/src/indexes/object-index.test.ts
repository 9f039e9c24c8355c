import { allKinds, ApiError, ConfigMap } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { nextTurn, seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { ObjectIndex } from './object-index.ts';

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await nextTurn();
}

const aMap = (name: string, value: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { value },
});

describe('an index of objects', () => {
  it('tells every change once, also those that happened while the watch was lost', async () => {
    const clock = new VirtualClock('2026-01-01T00:00:00Z');
    const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random: seededRandom(1) });
    const client = api.client();
    let failure: Error | undefined;
    let lose: (error: Error) => void = () => undefined;
    const flaky: Pick<Client, 'list' | 'watch'> = {
      list: (kind, options) => (failure === undefined ? client.list(kind, options) : Promise.reject(failure)),
      watch: (kind, options) => {
        const lost = new Promise<never>((_, reject) => {
          lose = reject;
        });
        lost.catch(() => undefined);
        const inner = client.watch(kind, options)[Symbol.asyncIterator]();
        return { [Symbol.asyncIterator]: () => ({ next: () => Promise.race([inner.next(), lost]) }) };
      },
    };
    const seen: string[] = [];
    const index = new ObjectIndex({
      client: flaky,
      kind: ConfigMap,
      clock,
      log: silentLog,
      onChange: (before, after) => seen.push(`${before?.data?.['value'] ?? '-'}→${after?.data?.['value'] ?? '-'}`),
    });
    await client.create(ConfigMap, aMap('a', '1'));
    await index.synced();
    await client.create(ConfigMap, aMap('b', '2'));
    await settle();
    failure = new ApiError('ServiceUnavailable', 'away');
    lose(new ApiError('InternalError', 'the connection broke'));
    await settle();
    await client.delete(ConfigMap, { namespace: 'default', name: 'a' });
    await client.update(ConfigMap, aMap('b', '3'));
    await client.create(ConfigMap, aMap('c', '4'));
    await clock.advanceBy(5000);
    expect(seen).toEqual(['-→1', '-→2']);
    failure = undefined;
    await clock.advanceBy(60_000);
    await settle();
    expect(seen.slice(2).toSorted()).toEqual(['-→4', '1→-', '2→3']);
    expect([...index.objects()].map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
    lose(new ApiError('Expired', 'too old'));
    await client.update(ConfigMap, aMap('c', '5'));
    await settle();
    expect(seen.at(-1)).toBe('4→5');
    await index.close();
    await api.close();
  });
});

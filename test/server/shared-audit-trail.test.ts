import { allKinds, ConfigMap, Namespace } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { seededRandom, VirtualClock, type Client } from '@kargo/kube';
import { interceptClient, Trace } from '@kargo/kube/testing';
import { sharedAuditTrail, type AuditEntry, type AuditTrail } from '@kargo/server';
import { beforeEach, describe, expect, it } from 'vitest';
import { anEntry, idsOf } from './audit-entries.ts';

const clock = new VirtualClock('2026-01-01T00:00:00Z');
let client: Client;
let trace: Trace;

beforeEach(async () => {
  trace = new Trace(clock);
  client = openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock,
    random: seededRandom(1),
    log: trace.log('api'),
  }).client();
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kargo' } });
});

let replicas = 0;
const open = (options: { maxAge?: number; maxBytes?: number; through?: Client } = {}): AuditTrail =>
  sharedAuditTrail({
    client: options.through ?? client,
    namespace: 'kargo',
    clock,
    random: seededRandom(++replicas),
    log: trace.log('audit'),
    ...options,
  });

const entry = (id: string, more: Partial<AuditEntry> = {}): AuditEntry => anEntry(id, clock.now(), more);
const parts = async (): Promise<readonly ConfigMap[]> =>
  (await client.list(ConfigMap, { namespace: 'kargo', labelSelector: 'kargo.akuity.io/audit-trail' })).items;

describe('an audit trail that several servers keep', () => {
  it('is one: each of them reads what all of them have written, newest first', async () => {
    const [one, other] = [open(), open()];
    one.append(entry('1'));
    other.append(entry('2', { project: 'shop' }));
    one.append(entry('3', { project: 'shop' }));
    await Promise.all([one.flush(), other.flush()]);
    for (const trail of [one, other]) {
      expect(await idsOf(trail)).toEqual(['3', '2', '1']);
      expect(await idsOf(trail, { project: 'shop', before: '3' })).toEqual(['2']);
    }
    // A server that was started anew knows what was before it.
    expect(await idsOf(open())).toEqual(['3', '2', '1']);
    expect(await parts()).toHaveLength(2);
  });

  it('gathers what comes at about the same time, and writes it without being told to', async () => {
    let writes = 0;
    const through = interceptClient(client, {
      around: (call, next) => {
        if (call.verb === 'create' || call.verb === 'update') writes += 1;
        return next();
      },
    });
    const trail = open({ through });
    for (let i = 0; i < 50; i++) trail.append(entry(String(i).padStart(2, '0')));
    await clock.advanceBy(300);
    expect(writes).toBe(1);
    trail.append(entry('50'));
    expect(await idsOf(trail)).toHaveLength(51);
    expect([writes, (await parts()).length]).toEqual([2, 1]);
  });

  it('closes parts that are full, so that nobody can change them', async () => {
    const trail = open();
    const long = 'x'.repeat(25_000);
    for (let i = 0; i < 4; i++) {
      trail.append(entry(String(i), { error: long }));
      await trail.flush();
    }
    const [first] = await parts();
    expect(first?.immutable).toBe(true);
    expect(await idsOf(trail)).toEqual(['3', '2', '1', '0']);
    expect(await parts()).toHaveLength(2);
  });

  it('counts bytes and not characters, as the API does', async () => {
    const trail = open();
    for (let i = 0; i < 4; i++) trail.append(entry(String(i), { error: '日'.repeat(20_000) }));
    await trail.flush();
    const sizes = (await parts()).map(({ data }) => Buffer.byteLength(data?.['entries.jsonl'] ?? ''));
    expect([sizes.length, Math.max(...sizes) < 128 * 1024]).toEqual([2, true]);
  });

  it('bounds how many parts there are of servers that start over and over', async () => {
    for (let i = 0; i < 10; i++) {
      const trail = open({ maxBytes: 64 * 1024 + 10_000 });
      trail.append(entry(String(i)));
      await trail.flush();
      await clock.advanceBy(1000);
    }
    expect(await idsOf(open())).toEqual(['9', '8', '7', '6', '5']);
  });

  it('forgets parts that are too old or too much, oldest first', async () => {
    const trail = open({ maxBytes: 256 * 1024, maxAge: 10 * 86_400_000 });
    const long = 'x'.repeat(70_000);
    for (let i = 0; i < 10; i++) {
      trail.append(entry(String(i), { error: long }));
      await trail.flush();
      await clock.advanceBy(1000);
    }
    const kept = await idsOf(trail);
    expect([kept[0], kept.length]).toEqual(['9', 3]);
    await clock.advanceBy(11 * 86_400_000);
    const later = open({ maxAge: 10 * 86_400_000 });
    later.append(entry('A'));
    expect(await idsOf(later)).toEqual(['A']);
  });

  it('begins another part where somebody has taken or changed its own', async () => {
    const trail = open();
    trail.append(entry('1'));
    await trail.flush();
    const [part] = await parts();
    await client.update(ConfigMap, { ...(part as ConfigMap), data: { 'entries.jsonl': 'not json\n' } });
    trail.append(entry('2'));
    const flushed = trail.flush();
    await clock.advanceBy(2000);
    await flushed;
    expect(await idsOf(trail)).toEqual(['2']);
    expect(await parts()).toHaveLength(2);
  });

  it('writes to the log what the API does not take, and goes on when it does again', async () => {
    let down = true;
    const through = interceptClient(client, {
      around: (call, next) => (down && call.verb === 'create' ? Promise.reject(new Error('the API is away')) : next()),
    });
    const trail = open({ through });
    trail.append(entry('1'));
    const flushed = trail.flush();
    await clock.advanceBy(5000);
    await flushed;
    expect(trace.toString()).toContain('an entry of the audit trail could not be stored');
    down = false;
    trail.append(entry('2'));
    expect(await idsOf(trail)).toEqual(['2']);
  });

  it('tells an entry once that was written twice because an answer was lost', async () => {
    let losses = 1;
    const through = interceptClient(client, {
      around: async (call, next) => {
        const answer = await next();
        if (call.verb === 'create' && losses-- > 0) throw new Error('the connection broke');
        return answer;
      },
    });
    const trail = open({ through });
    trail.append(entry('1'));
    const flushed = trail.flush();
    await clock.advanceBy(5000);
    await flushed;
    expect([(await parts()).length, await idsOf(trail)]).toEqual([2, ['1']]);
  });

  it('costs what was added, not what is there: 10,000 entries', async () => {
    let written = 0;
    let read = 0;
    const through = interceptClient(client, {
      around: async (call, next) => {
        const answer = await next();
        const size = JSON.stringify(answer).length;
        if (call.verb === 'create' || call.verb === 'update') written += size;
        if (call.verb === 'list') read += size;
        return answer;
      },
    });
    const trail = open({ through });
    let added = 0;
    for (let i = 0; i < 10_000; i++) {
      const one = entry(String(i).padStart(6, '0'), {
        path: '/v1beta1/projects/shop/stages/prod/promotions',
        error: 'x'.repeat(200),
      });
      added += JSON.stringify(one).length;
      trail.append(one);
      // Four writes a second: as often as a trail that is always added to is written.
      if (i % 10 === 9) await trail.flush();
    }
    await trail.flush();
    const sizes = (await parts()).map(({ data }) => data?.['entries.jsonl']?.length ?? 0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(added + 10_000);
    // A write sends a part again, of which the half is there on average, and no part is larger than the limit and one more write.
    expect(Math.max(...sizes)).toBeLessThan(64 * 1024 + 10 * 500);
    expect(written / added).toBeLessThan(12);
    // Nothing is read but once in an hour and once in 2 MiB.
    expect(read / added).toBeLessThan(2);
    const ids = await idsOf(trail);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([10_000, '009999', '000000']);
  });

  it('tells entries in order where they were written out of it', async () => {
    const trail = open();
    for (const id of ['3', '1', '2']) trail.append(entry(id));
    expect(await idsOf(trail)).toEqual(['3', '2', '1']);
  });

  it('names the first of very many objects', async () => {
    const trail = open();
    trail.append(entry('1', { objects: Array.from({ length: 5000 }, (_, i) => ({ kind: 'ConfigMap', name: `c${i}` })) }));
    for await (const { objects } of trail.read({})) expect(objects).toHaveLength(100);
  });
});

import { Freight, Stage, Warehouse } from '@kargo/api';
import { nextTurn } from '@kargo/kube';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openStreams, type Streams } from './event-streams.ts';
import { addFreight, aStage, someFreight, userToken } from './harness.ts';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanup.splice(0).toReversed()) await clean();
});

async function open(...options: Parameters<typeof openStreams>): Promise<Streams> {
  const streams = await openStreams(...options);
  cleanup.push(streams.close);
  return streams;
}

describe('a stream', () => {
  it('has the headers of an event stream, at once', async () => {
    const { stream } = await open();
    const { response } = await stream('/projects/demo/promotions?watch=true');
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    });
  });

  it('replays what exists, then tells every change, on one line each', async () => {
    const { stream, client } = await open();
    const stages = await stream('/projects/demo/stages?watch=true');
    expect(await stages.events(3)).toEqual(['ADDED prod', 'ADDED test', 'ADDED uat']);
    await client.patch(Stage, { namespace: 'demo', name: 'test' }, { type: 'merge', body: { spec: { shard: 'x' } } });
    await client.create(Stage, aStage('new', { direct: true }));
    await client.delete(Stage, { namespace: 'demo', name: 'new' });
    expect(await stages.events(3)).toEqual(['MODIFIED test', 'ADDED new', 'DELETED new']);
  });

  it('goes on after the version of a list', async () => {
    const { stream, client, call } = await open();
    const { metadata } = (await call('GET', '/projects/demo/stages')).body as { metadata: { resourceVersion: string } };
    await client.create(Stage, aStage('new', { direct: true }));
    const stages = await stream(`/projects/demo/stages?watch=true&resourceVersion=${metadata.resourceVersion}`);
    expect(await stages.event()).toBe('ADDED new');
  });

  it('tells with status 200 that its version is too old, and ends', async () => {
    const { stream, client } = await open();
    for (let i = 0; i < 60; i++)
      await client.patch(Stage, { namespace: 'demo', name: 'test' }, { type: 'merge', body: { spec: { shard: `s${i}` } } });
    const stages = await stream('/projects/demo/stages?watch=true&resourceVersion=1');
    expect(stages.response.statusCode).toBe(200);
    expect(await stages.frame()).toMatch(
      /^event: error\ndata: \{"code":"out_of_range","message":"watch resource version expired: /,
    );
    expect(await stages.frame()).toBeUndefined();
  });

  it('shows what stops to be wanted as deleted, and nothing else of it', async () => {
    const { stream, client } = await open();
    const stages = await stream('/projects/demo/stages?watch=true&freightOrigins=v');
    const other = aStage('new', { direct: true });
    const requesting = (name: string): object => ({
      spec: { requestedFreight: [{ origin: { kind: 'Warehouse', name }, sources: { direct: true } }] },
    });
    await client.create(Stage, other);
    for (const name of ['v', 'w', 'v'])
      await client.patch(Stage, { namespace: 'demo', name: 'new' }, { type: 'merge', body: requesting(name) as never });
    await client.delete(Stage, { namespace: 'demo', name: 'new' });
    expect(await stages.events(4)).toEqual(['MODIFIED new', 'DELETED new', 'MODIFIED new', 'DELETED new']);
  });

  it('selects Freight by origin', async () => {
    const { stream, client } = await open();
    await addFreight(client, someFreight('other', '1', {}, { origin: { kind: 'Warehouse', name: 'v' } }));
    await client.create(Freight, someFreight('f1', '1'));
    const freight = await stream('/projects/demo/freight?watch=true&origins=w');
    expect(await freight.event()).toBe('ADDED f1');
  });

  it('of one object begins with the object, and is refused in JSON if there is none', async () => {
    const { stream, client } = await open();
    const warehouse = await stream('/projects/demo/warehouses/w?watch=true');
    expect(await warehouse.event()).toBe('ADDED w');
    await client.delete(Warehouse, { namespace: 'demo', name: 'w' });
    expect(await warehouse.event()).toBe('DELETED w');
    const none = await stream('/projects/demo/stages/none?watch=true');
    expect(none.response.statusCode).toBe(404);
    expect(none.response.headers['content-type']).toMatch(/^application\/json/);
  });

  it('is kept open by a comment every half minute, and stops working when its reader leaves', async () => {
    const { stream, clock } = await open();
    const promotions = await stream('/projects/demo/promotions?watch=true');
    await clock.advanceBy(60_000);
    expect(await promotions.frame()).toBe(': keepalive');
    expect(await promotions.frame()).toBe(': keepalive');
    expect(clock.pending).toBe(2);
    promotions.response.destroy();
    while (clock.pending > 0) await nextTurn();
    expect(clock.pending).toBe(0);
  });

  it('ends at once for a reader who left while it was prepared', async () => {
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const counts: number[] = [];
    const { server, clock } = await open({
      authorizer: {
        async authorize() {
          asked.resolve();
          await answer.promise;
          return { allowed: true };
        },
      },
      metrics: {
        answered: () => undefined,
        streams: (count) => counts.push(count),
        exposition: () => Promise.resolve({ contentType: '', text: '' }),
      },
    });
    const { port } = server.server.address() as AddressInfo;
    const headers = { authorization: `Bearer ${userToken('alice')}` };
    const connection = once(server.server, 'connection') as Promise<[Socket]>;
    const reader = httpRequest({ host: '127.0.0.1', port, path: '/v1beta1/projects/demo/watch?kinds=stages', headers });
    reader.on('error', () => undefined).end();
    await asked.promise;
    const [socket] = await connection;
    const gone = once(socket, 'close');
    reader.destroy();
    await gone;
    answer.resolve();
    for (let turns = 0; turns < 50 && counts.at(-1) !== 0; turns++) await nextTurn();
    expect([counts, clock.pending]).toEqual([[1, 0], 0]);
  });

  it('ends with the session of its reader, and says so', async () => {
    const { stream, clock } = await open();
    const promotions = await stream('/projects/demo/promotions?watch=true');
    const view = await stream('/projects/demo/watch?kinds=promotions');
    await clock.advanceBy(3_600_000);
    for (const each of [promotions, view]) {
      const frames: string[] = [];
      for (let frame = await each.frame(); frame !== undefined; frame = await each.frame()) frames.push(frame);
      expect(frames.at(-1)).toBe(
        'event: error\ndata: {"code":"unauthenticated","message":"the session has ended; sign in again"}',
      );
    }
    expect(clock.pending).toBe(0);
  });
});

import { Freight, Project, Role, RoleBinding, Stage, Warehouse } from '@kargo/api';
import { nextTurn } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { openStreams, type Stream, type Streams } from './event-streams.ts';
import { addFreight, aStage, someFreight, userToken } from './harness.ts';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanup.splice(0)) await clean();
});

async function open(...options: Parameters<typeof openStreams>): Promise<Streams> {
  const streams = await openStreams(...options);
  cleanup.push(streams.close);
  return streams;
}

/** A frame of a view, without what differs from run to run. */
interface Frame {
  id: string | undefined;
  says: string;
}

async function next(stream: Stream): Promise<Frame> {
  const frame = (await stream.frame()) ?? 'end';
  const id = /^id: (.*)$/m.exec(frame)?.[1];
  const data = /^data: (.*)$/m.exec(frame)?.[1];
  if (data === undefined || frame.startsWith('event: error')) return { id, says: frame };
  const { type, resource, object, refused } = JSON.parse(data) as {
    type: string;
    resource: string;
    object: { metadata: { name: string } };
    refused: string[];
  };
  if (type === 'SYNCED') return { id, says: ['SYNCED', ...refused.map((each) => `without ${each}`)].join(' ') };
  return { id, says: `${type} ${resource} ${object.metadata.name}` };
}

async function frames(stream: Stream, count: number): Promise<string[]> {
  const out: string[] = [];
  for (let i = 0; i < count; i++) out.push((await next(stream)).says);
  return out;
}

/** Reads all that there is at first; the id of the frame that ends it. */
async function synced(stream: Stream): Promise<string> {
  for (;;) {
    const { id, says } = await next(stream);
    if (says.startsWith('SYNCED')) return id ?? '';
    if (says === 'end') throw new Error('the stream has ended');
  }
}

const shard = (value: string): { type: 'merge'; body: { spec: { shard: string } } } => ({
  type: 'merge',
  body: { spec: { shard: value } },
});
const named = (name: string): { namespace: string; name: string } => ({ namespace: 'demo', name });

describe('a view of a Project', () => {
  it('has everything of a screen in one stream: what there is, then changes of all sorts', async () => {
    const { stream, client } = await open();
    await addFreight(client, someFreight('f1', '1'));
    const view = await stream('/projects/demo/watch');
    expect(view.response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-content-type-options': 'nosniff' });
    expect(await frames(view, 7)).toEqual([
      'retry: 1000',
      'ADDED stages prod',
      'ADDED stages test',
      'ADDED stages uat',
      'ADDED warehouses w',
      'ADDED freight f1',
      'SYNCED',
    ]);
    await client.patch(Stage, named('test'), shard('x'));
    await client.patch(Warehouse, named('w'), shard('x'));
    await client.delete(Freight, named('f1'));
    expect((await frames(view, 3)).toSorted()).toEqual(['DELETED freight f1', 'MODIFIED stages test', 'MODIFIED warehouses w']);
  });

  it('has only the sorts that are asked for, and those of the Project itself', async () => {
    const { stream, client } = await open();
    const view = await stream('/projects/demo/watch?kinds=project,config&kinds=events');
    expect(await frames(view, 3)).toEqual(['retry: 1000', 'ADDED project demo', 'SYNCED']);
    await client.patch(Stage, named('test'), shard('x'));
    await client.patch(Project, { name: 'demo' }, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
    expect(await next(view)).toMatchObject({ says: 'MODIFIED project demo' });
  });

  it('goes on after the last frame that was seen, for every sort of objects', async () => {
    const { stream, client } = await open();
    const first = await stream('/projects/demo/watch');
    const start = await synced(first);
    await client.patch(Stage, named('test'), shard('x'));
    const { id } = await next(first);
    first.response.destroy();
    await client.patch(Warehouse, named('w'), shard('x'));
    await client.delete(Stage, named('prod'));

    const missed = ['DELETED stages prod', 'MODIFIED warehouses w'];
    const again = await stream(`/projects/demo/watch?resourceVersion=${id}`);
    expect(await frames(again, 2)).toEqual(['retry: 1000', 'SYNCED']);
    expect((await frames(again, 2)).toSorted()).toEqual(missed);
    // A browser’s own reader gives the id in a header.
    const resumed = await stream('/projects/demo/watch', { 'last-event-id': start });
    expect((await frames(resumed, 5)).toSorted()).toEqual(
      [...missed, 'MODIFIED stages test', 'SYNCED', 'retry: 1000'].toSorted(),
    );
  });

  it('begins after the version of a list that came before, and at the beginning with a sort that is new', async () => {
    const { stream, call, client } = await open();
    const { metadata } = (await call('GET', '/projects/demo/stages')).body as { metadata: { resourceVersion: string } };
    await client.create(Stage, aStage('new', { direct: true }));
    const view = await stream(`/projects/demo/watch?resourceVersion=${metadata.resourceVersion}`);
    expect(await frames(view, 3)).toEqual(['retry: 1000', 'SYNCED', 'ADDED stages new']);
    const more = await stream(`/projects/demo/watch?resourceVersion=stages:${metadata.resourceVersion}`);
    expect(await frames(more, 4)).toEqual(['retry: 1000', 'ADDED warehouses w', 'SYNCED', 'ADDED stages new']);
  });

  it('keeps its place when only other things change, so that it can always go on', async () => {
    const { stream, client, api } = await open();
    const view = await stream('/projects/demo/watch?kinds=warehouses');
    const start = await synced(view);
    for (let i = 0; i < 60; i++) await client.patch(Stage, named('test'), shard(`s${i}`));
    api.sendBookmarks();
    const { id, says } = await next(view);
    expect(says).toBe(`id: ${id}`);
    expect(id).not.toBe(start);
    const again = await stream(`/projects/demo/watch?kinds=warehouses&resourceVersion=${id}`);
    expect(await frames(again, 2)).toEqual(['retry: 1000', 'SYNCED']);
    const late = await stream('/projects/demo/watch?kinds=stages&resourceVersion=1');
    expect(await frames(late, 4)).toEqual([
      'retry: 1000',
      'SYNCED',
      expect.stringMatching(/^event: error\ndata: \{"code":"out_of_range","message":"watch resource version expired: /),
      'end',
    ]);
  });

  it('is kept open by comments, and leaves nothing behind when its reader leaves', async () => {
    const { stream, clock } = await open();
    const view = await stream('/projects/demo/watch?fields=status.phase');
    await synced(view);
    await clock.advanceBy(30_000);
    expect(await view.frame()).toBe(': keepalive');
    view.response.destroy();
    while (clock.pending > 0) await nextTurn();
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['?kinds=stages,secrets', 400, /kinds: "secrets" is not one of stages, warehouses/],
    ['?kinds=constructor', 400, /kinds: "constructor"/],
    ['?resourceVersion=stages:1:2', 400, /resourceVersion: "stages:1:2" is no version/],
    ['?resourceVersion=stages:1%0A%0Adata:%20x', 400, /resourceVersion: versions have no blanks/],
    ['?fields=a..b', 400, /fields/],
  ])('refuses %s', async (query, status, error) => {
    const { call } = await open();
    const answer = await call('GET', `/projects/demo/watch${query}`);
    expect([answer.status, (answer.body as { error: string }).error]).toEqual([status, expect.stringMatching(error)]);
  });

  it('of a Project that is not there is a 404', async () => {
    const { call } = await open();
    expect((await call('GET', '/projects/none/watch')).status).toBe(404);
  });
});

describe('who may see what of a view', () => {
  const alice = { authorization: `Bearer ${userToken('alice')}` };

  /** Lets alice do that in the Project demo. */
  async function permit({ client }: Streams, ...rules: object[]): Promise<void> {
    const metadata = { name: 'alice', namespace: 'demo' };
    await client.create(Role, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules } as Role);
    await client.create(RoleBinding, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'alice' },
      subjects: [{ kind: 'User', name: 'alice' }],
    });
  }
  const rule = (resources: string[], verbs: string[], resourceNames?: string[]): object => ({
    apiGroups: ['kargo.akuity.io'],
    resources,
    verbs,
    ...(resourceNames === undefined ? {} : { resourceNames }),
  });

  it('nobody without permissions sees anything', async () => {
    const { call } = await open({ rbac: true });
    const answer = await call('GET', '/projects/demo/watch', undefined, alice);
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('list is not permitted')]);
    expect((await call('GET', '/projects/demo/watch', undefined, { authorization: '' })).status).toBe(401);
  });

  it('what may not be seen is left out, and named', async () => {
    const streams = await open({ rbac: true });
    await permit(streams, rule(['warehouses'], ['list', 'watch']), rule(['stages'], ['list']));
    const view = await streams.stream('/projects/demo/watch', alice);
    expect(await frames(view, 3)).toEqual([
      'retry: 1000',
      'ADDED warehouses w',
      'SYNCED without stages without freight without promotions',
    ]);
  });

  it('who may see some objects by name sees those, at first and later', async () => {
    const streams = await open({ rbac: true });
    await permit(streams, rule(['stages'], ['get', 'watch'], ['uat']));
    const view = await streams.stream('/projects/demo/watch?kinds=stages', alice);
    expect(await frames(view, 3)).toEqual(['retry: 1000', 'ADDED stages uat', 'SYNCED']);
    for (const name of ['test', 'uat', 'prod']) await streams.client.patch(Stage, named(name), shard('x'));
    await streams.client.patch(Stage, named('uat'), shard('y'));
    expect(await frames(view, 2)).toEqual(['MODIFIED stages uat', 'MODIFIED stages uat']);
  });
});

describe('a view of what is above Projects', () => {
  it('tells of Projects that come and go', async () => {
    const { stream, client } = await open();
    const view = await stream('/watch');
    expect(await frames(view, 3)).toEqual(['retry: 1000', 'ADDED projects demo', 'SYNCED']);
    await client.create(Project, { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: 'other' } });
    expect(await next(view)).toMatchObject({ says: 'ADDED projects other' });
  });

  it('has more if that is asked for', async () => {
    const { stream } = await open();
    const view = await stream('/watch?kinds=cluster-config,cluster-promotion-tasks');
    expect(await frames(view, 2)).toEqual(['retry: 1000', 'SYNCED']);
  });
});

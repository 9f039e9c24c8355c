import { ApiError, Namespace, Stage } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../ports/virtual-clock.ts';
import type { Client, WatchEvent } from '../client.ts';
import { httpClient } from './http-client.ts';

interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

/** A client whose requests are answered by `answers`, one after the other. */
function clientOf(...answers: (Response | Error | ((signal: AbortSignal) => Promise<Response>))[]): {
  client: Client;
  seen: Seen[];
} {
  const seen: Seen[] = [];
  const client = httpClient({
    baseURL: 'http://api.test/',
    token: async () => 'secret-token',
    clock: new VirtualClock(0),
    fetch: async (url, init) => {
      seen.push({
        method: init.method ?? '',
        url: url.replace('http://api.test', ''),
        headers: init.headers as Record<string, string>,
        body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
      });
      const answer = answers.shift();
      if (answer === undefined) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
      if (answer instanceof Error) throw answer;
      return typeof answer === 'function' ? answer(init.signal as AbortSignal) : answer;
    },
  });
  return { client, seen };
}

function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers });
}

const stage = {
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: 's', namespace: 'p' },
  spec: {},
} as Stage;
const key = { namespace: 'p', name: 's' };

describe('requests', () => {
  const cases: { name: string; call: (client: Client) => Promise<unknown>; want: string }[] = [
    { name: 'get', call: (c) => c.get(Stage, key), want: 'GET /apis/kargo.akuity.io/v1alpha1/namespaces/p/stages/s' },
    { name: 'get of a core kind', call: (c) => c.get(Namespace, { name: 'p' }), want: 'GET /api/v1/namespaces/p' },
    {
      name: 'list with selection and page',
      call: (c) => c.list(Stage, { namespace: 'p', labelSelector: 'a in (b,c)', limit: 5, continue: 'x=' }),
      want: 'GET /apis/kargo.akuity.io/v1alpha1/namespaces/p/stages?labelSelector=a+in+%28b%2Cc%29&limit=5&continue=x%3D',
    },
    { name: 'list of all namespaces', call: (c) => c.list(Stage), want: 'GET /apis/kargo.akuity.io/v1alpha1/stages' },
    {
      name: 'create',
      call: (c) => c.create(Stage, stage, { dryRun: true, fieldManager: 'me', fieldValidation: 'Strict' }),
      want: 'POST /apis/kargo.akuity.io/v1alpha1/namespaces/p/stages?fieldManager=me&dryRun=All&fieldValidation=Strict',
    },
    { name: 'update', call: (c) => c.update(Stage, stage), want: 'PUT /apis/kargo.akuity.io/v1alpha1/namespaces/p/stages/s' },
    {
      name: 'update of status',
      call: (c) => c.updateStatus(Stage, stage),
      want: 'PUT /apis/kargo.akuity.io/v1alpha1/namespaces/p/stages/s/status',
    },
    {
      name: 'apply',
      call: (c) => c.patch(Stage, key, { type: 'apply', body: stage }, { fieldManager: 'me', force: true }),
      want: 'PATCH /apis/kargo.akuity.io/v1alpha1/namespaces/p/stages/s?fieldManager=me&force=true',
    },
    { name: 'delete', call: (c) => c.delete(Stage, key), want: 'DELETE /apis/kargo.akuity.io/v1alpha1/namespaces/p/stages/s' },
  ];
  it.each(cases)('$name', async ({ call, want }) => {
    const { client, seen } = clientOf(json({ ...stage, items: [] }));
    await call(client);
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([want]);
    expect(seen[0]?.headers['authorization']).toBe('Bearer secret-token');
  });

  it('names the media type of each kind of patch', async () => {
    const { client, seen } = clientOf(json(stage), json(stage));
    await client.patch(Stage, key, { type: 'merge', body: { spec: null } });
    await client.patch(Stage, key, { type: 'json', body: [{ op: 'remove', path: '/spec' }] });
    expect(seen.map(({ headers }) => headers['content-type'])).toEqual([
      'application/merge-patch+json',
      'application/json-patch+json',
    ]);
    expect(seen[0]?.body).toEqual({ spec: null });
  });

  it('refuses a name or namespace that is missing without asking the API', async () => {
    const { client, seen } = clientOf();
    await expect(client.get(Stage, { name: 's' })).rejects.toMatchObject({ reason: 'BadRequest' });
    await expect(client.delete(Stage, { namespace: 'p', name: '' })).rejects.toMatchObject({ reason: 'BadRequest' });
    expect(seen).toEqual([]);
  });

  it('passes warnings on', async () => {
    const { client } = clientOf(json(stage, 201, { warning: '299 - "unknown field \\"spec.x\\"", 299 - "second"' }));
    const heard: string[] = [];
    await client.create(Stage, stage, { onWarning: (text) => heard.push(text) });
    expect(heard).toEqual(['unknown field "spec.x"', 'second']);
  });
});

describe('failures', () => {
  it('are the Status the API gave', async () => {
    const status = new ApiError('Conflict', 'stale', { details: { name: 's' } }).toStatus();
    const { client } = clientOf(json(status, 409));
    const error = await client.update(Stage, stage).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).toStatus()).toEqual(status);
  });

  it('are made from the code when something else answered', async () => {
    const { client } = clientOf(new Response('<html>bad gateway</html>', { status: 502 }), new Response('no', { status: 403 }));
    await expect(client.get(Stage, key)).rejects.toMatchObject({ reason: 'InternalError', code: 502 });
    await expect(client.get(Stage, key)).rejects.toMatchObject({ reason: 'Forbidden', code: 403 });
  });

  it('are ServiceUnavailable with the cause when the API cannot be reached', async () => {
    const { client } = clientOf();
    const error = (await client.get(Stage, key).catch((thrown: unknown) => thrown)) as ApiError;
    expect(error.reason).toBe('ServiceUnavailable');
    expect(error.message).toContain('connect ECONNREFUSED');
    expect(error.message).not.toContain('secret-token');
  });

  it('are a Timeout when no answer comes', async () => {
    const clock = new VirtualClock(0);
    const client = httpClient({
      baseURL: 'http://api.test',
      clock,
      timeout: 5000,
      fetch: (_url, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    });
    const call = client.get(Stage, key).catch((thrown: unknown) => thrown);
    await clock.advanceBy(5000);
    expect(await call).toMatchObject({ reason: 'Timeout' });
  });
});

describe('watches', () => {
  const event = (type: string, name: string, resourceVersion: string): string =>
    `${JSON.stringify({ type, object: { ...stage, metadata: { name, namespace: 'p', resourceVersion } } })}\n`;

  /** Collects until the watch fails, which is how these scripted answers end. */
  async function collect(events: AsyncIterable<WatchEvent<Stage>>): Promise<{ events: string[]; error: unknown }> {
    const out: string[] = [];
    try {
      for await (const { type, object } of events) out.push(`${type} ${object.metadata.resourceVersion}`);
    } catch (error) {
      return { events: out, error };
    }
    return { events: out, error: undefined };
  }

  function streamed(...chunks: string[]): Response {
    const bytes = chunks.map((chunk) => new TextEncoder().encode(chunk));
    return new Response(ReadableStream.from(bytes) as ReadableStream<Uint8Array>);
  }

  it('goes on where the server ended the request', async () => {
    const bookmark = `${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Stage', metadata: { resourceVersion: '12' } } })}\n`;
    const { client, seen } = clientOf(
      streamed(event('ADDED', 'a', '7'), event('ADDED', 'b', '5')),
      streamed(event('MODIFIED', 'a', '9'), bookmark),
    );
    const { events, error } = await collect(client.watch(Stage, { namespace: 'p', allowBookmarks: true }));
    expect(events).toEqual(['ADDED 7', 'ADDED 5', 'MODIFIED 9', 'BOOKMARK 12']);
    expect(error).toMatchObject({ reason: 'ServiceUnavailable' });
    expect(seen.map(({ url }) => new URL(url, 'http://x').searchParams.get('resourceVersion'))).toEqual([null, '7', '12']);
  });

  it('reads events whatever the pieces they arrive in', async () => {
    const text = event('ADDED', 'größer', '1') + event('ADDED', 'b', '2');
    const bytes = new TextEncoder().encode(text);
    const pieces = Array.from({ length: bytes.length }, (_, i) => bytes.slice(i, i + 1));
    const { client } = clientOf(new Response(ReadableStream.from(pieces) as ReadableStream<Uint8Array>));
    expect((await collect(client.watch(Stage))).events).toEqual(['ADDED 1', 'ADDED 2']);
  });

  it('fails with the error the API sent', async () => {
    const gone = JSON.stringify({ type: 'ERROR', object: new ApiError('Expired', 'too old').toStatus() });
    const { client } = clientOf(streamed(gone));
    expect((await collect(client.watch(Stage, { resourceVersion: '1' }))).error).toMatchObject({ reason: 'Expired', code: 410 });
  });

  it('fails when a connection breaks or sends what is not JSON', async () => {
    const { client } = clientOf(
      streamed('{"type":\n'),
      new Response(ReadableStream.from(breaking()) as ReadableStream<Uint8Array>),
    );
    expect((await collect(client.watch(Stage))).error).toMatchObject({ reason: 'InternalError' });
    expect((await collect(client.watch(Stage))).error).toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('fails rather than ask again and again when the server hangs up at once', async () => {
    const { client, seen } = clientOf(streamed());
    expect((await collect(client.watch(Stage))).error).toMatchObject({ reason: 'ServiceUnavailable' });
    expect(seen).toHaveLength(1);
  });

  it('cancels the request when the reader leaves', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(event('ADDED', 'a', '1'))),
      cancel: () => {
        cancelled = true;
      },
    });
    const { client } = clientOf(new Response(body));
    for await (const { type } of client.watch(Stage)) {
      expect(type).toBe('ADDED');
      break;
    }
    expect(cancelled).toBe(true);
  });

  it('ends without an error when its signal aborts while nothing arrives', async () => {
    const controller = new AbortController();
    const { client } = clientOf(async (signal) => {
      const body = new ReadableStream<Uint8Array>({
        start: (stream) => signal.addEventListener('abort', () => stream.error(signal.reason)),
      });
      return new Response(body);
    });
    const watching = collect(client.watch(Stage, { signal: controller.signal }));
    setImmediate(() => controller.abort());
    expect(await watching).toEqual({ events: [], error: undefined });
  });
});

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('{"ty');
  throw new Error('socket hang up');
}

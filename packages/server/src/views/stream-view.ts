import type { FastifyReply, FastifyRequest } from 'fastify';
import { streamEvents } from '../http/event-stream.ts';
import { shownEvent } from '../http/sse.ts';
import { wireOf } from '../http/wire.ts';
import type { Services } from '../services.ts';
import type { Cursor } from './cursor.ts';
import { openViews, type OpenedView } from './open-view.ts';
import type { Viewed } from './viewed.ts';

/** How long readers should wait before they come again after a break, in milliseconds. */
const RETRY = 1000;

/**
 * Answers with several sorts of objects in one stream: first those that there are, then a frame that says that this was all, then
 * changes. Each frame has an id from which a later request goes on. What the caller may not see is left out and named; fails with
 * `Forbidden` if that is everything.
 */
export async function streamView(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  { views, cursor }: { views: readonly Viewed[]; cursor: Cursor },
): Promise<FastifyReply> {
  const wire = wireOf(request);
  const { opened, refused } = await openViews(services, request, views, cursor);
  const [first] = refused;
  if (opened.length === 0 && first !== undefined) throw first.refusal;
  const { textOf } = services.streaming;

  return streamEvents(request, reply, services.streaming, async ({ signal: leaving, send }) => {
    await send(`retry: ${RETRY}\n\n`);
    for (const { resource, first: objects, wanted } of opened)
      for (const object of objects) {
        if (leaving.aborted) return;
        // Without an id: who breaks off here begins anew.
        if (wanted === undefined || wanted(object)) await send(dataOf(resource, 'ADDED', textOf(wire(object))));
      }
    const synced = { type: 'SYNCED', refused: refused.map(({ resource }) => resource) };
    await send(`id: ${cursor}\ndata: ${JSON.stringify(synced)}\n\n`);

    const failed = new AbortController();
    const signal = AbortSignal.any([leaving, failed.signal]);
    const follow = async ({ resource, wanted, changes }: OpenedView): Promise<void> => {
      for await (const event of changes({ resourceVersion: cursor.of(resource), signal })) {
        if (signal.aborted) return;
        cursor.reach(resource, event.object.metadata.resourceVersion);
        const shown = shownEvent(event, { wanted, wire });
        if (shown !== undefined) await send(`id: ${cursor}\n${dataOf(resource, shown.type, textOf(shown.object))}`);
        else if (event.type === 'BOOKMARK') await send(`id: ${cursor}\n\n`);
      }
    };
    try {
      // A view of which a part stands still would deceive: its reader has to come again.
      await Promise.race(opened.map(follow));
    } finally {
      failed.abort();
    }
  });
}

function dataOf(resource: string, type: string, object: string): string {
  return `data: {"resource":"${resource}","type":"${type}","object":${object}}\n\n`;
}

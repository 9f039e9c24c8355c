import type { Kind, KubeObject } from '@kargo/api';
import type { Client, WatchEvent, WatchOptions } from '@kargo/kube';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { streamEvents, type EventStreamEnvironment } from './event-stream.ts';
import type { Wire } from './wire.ts';

export interface WatchStream<T extends KubeObject> extends EventStreamEnvironment {
  client: Pick<Client, 'watch'>;
  kind: Kind<T>;
  options: WatchOptions;
  /** Objects that the caller wants to see. A changed object that is no longer wanted is told as deleted. Default: all. */
  wanted?: ((object: T) => boolean) | undefined;
  wire: Wire;
  /** Objects as JSON. What many watch is written once. */
  textOf: (object: object) => string;
}

/** Answers with a watch as server-sent events until the caller leaves or the watch fails. */
export async function streamWatch<T extends KubeObject>(
  request: FastifyRequest,
  reply: FastifyReply,
  stream: WatchStream<T>,
): Promise<FastifyReply> {
  return streamEvents(request, reply, stream, async ({ signal, send }) => {
    for await (const event of stream.client.watch(stream.kind, { ...stream.options, signal })) {
      const shown = shownEvent(event, stream);
      if (shown !== undefined)
        await send(`data: {"type":${JSON.stringify(shown.type)},"object":${stream.textOf(shown.object)}}\n\n`);
    }
  });
}

/** What the caller sees of a watch event; nothing of bookmarks and of objects it does not want. */
export function shownEvent<T extends KubeObject>(
  event: WatchEvent<T>,
  { wanted, wire }: Pick<WatchStream<T>, 'wanted' | 'wire'>,
): { type: string; object: T } | undefined {
  if (event.type === 'BOOKMARK') return undefined;
  if (wanted === undefined || wanted(event.object)) return { type: event.type, object: wire(event.object) };
  return event.type === 'MODIFIED' ? { type: 'DELETED', object: wire(event.object) } : undefined;
}

import type { Server } from 'node:http';

/** More connections at a time are closed at once. */
export const MAX_CONNECTIONS = 10_000;

/**
 * How long clients may take to send what they have to say, in milliseconds: the head of a request, all of it, and nothing before the next
 * one. Answers are not limited, as watches are long. Who is too slow gets 408.
 */
export const RECEIVING = { headersTimeout: 60_000, requestTimeout: 300_000, keepAliveTimeout: 65_000 };

/**
 * Has a server that is handed its connections, and listens to no address itself, look for those that are too slow: Node begins to look when
 * a server listens. Ends with `close`.
 */
export function watchReceiving(server: Server): void {
  server.emit('listening');
}

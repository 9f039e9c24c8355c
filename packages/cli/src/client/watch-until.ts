import { CLIError } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';
import { RequestError } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import type { ApiObject } from './objects.ts';

export interface WatchUntil {
  io: CLIIO;
  path: readonly string[];
  /** What is waited for, for messages: `promotion "x" to end`. */
  what: string;
  /** Milliseconds; undefined waits for ever. */
  timeoutMs?: number | undefined;
  done(object: ApiObject): boolean;
  /** How the object stands, for the message when time is up; empty when there is nothing to say. */
  describe(object: ApiObject): string;
}

/** Streams that end without news are reopened this often before giving up. */
const MAX_EMPTY_STREAMS = 5;

/**
 * Watches one object until `done` says so, and gives it. A stream that breaks is opened again.
 * Fails when the object is deleted, when the time is up, and when the server keeps ending the stream.
 */
export async function watchUntil(api: ApiClient, wanted: WatchUntil): Promise<ApiObject> {
  const { io, what, timeoutMs, done, describe } = wanted;
  const stop = new AbortController();
  const finished = new AbortController();
  let standing = '';
  const remember = (object: ApiObject): boolean => {
    standing = describe(object);
    return done(object);
  };
  const watching = follow(api, { ...wanted, done: remember }, stop.signal);
  if (timeoutMs === undefined) return watching;
  const timer = io.sleep(timeoutMs, { signal: finished.signal }).then(() => 'timeout' as const);
  try {
    const first = await Promise.race([watching, timer]);
    if (first !== 'timeout') return first;
    const { formatDuration } = await import('@kargo/gocompat');
    throw new CLIError(
      'Wait',
      `timed out after ${formatDuration(timeoutMs)} waiting for ${what}${standing === '' ? '' : ` (last seen: ${standing})`}`,
    );
  } finally {
    finished.abort();
    stop.abort();
    // Both lose their purpose here, and reject for that reason alone.
    await Promise.allSettled([watching, timer]);
  }
}

async function follow(api: ApiClient, { io, path, what, done }: WatchUntil, signal: AbortSignal): Promise<ApiObject> {
  let empty = 0;
  while (empty < MAX_EMPTY_STREAMS) {
    let seen = 0;
    try {
      for await (const event of api.watch(path, { signal })) {
        if (event.type === 'ERROR') break;
        if (event.type === 'DELETED') throw new CLIError('Wait', `the object was deleted while waiting for ${what}`);
        seen += 1;
        if (done(event.object)) return event.object;
      }
    } catch (error) {
      const refused = error instanceof RequestError && error.status < 500;
      if (signal.aborted || refused || (error instanceof CLIError && (error.code === 'Wait' || error.code === 'Response')))
        throw error;
    }
    empty = seen === 0 ? empty + 1 : 0;
    await io.sleep(1000, { signal });
  }
  throw new CLIError('Wait', `unexpected end of watch stream while waiting for ${what}`);
}

/** What pages and the worker that holds their streams say to each other. */
import type { StreamEvent } from '../event-stream.ts';

/** Which stream of the server: what differs in any of these is another one. */
export interface StreamKey {
  /** The address that the page is served below. */
  base: string;
  /** Below the prefix of the API, without a place to go on from. */
  route: string;
  /** Who reads it. */
  token: string | undefined;
}

export type FromPage =
  /** `cursor`: the id of the last event that the page has seen of this stream. */
  | ({ kind: 'join'; id: number; cursor: string | undefined } & StreamKey)
  | { kind: 'leave'; id: number }
  /** The page is still there. */
  | { kind: 'here' }
  /** Who is signed in now: what others were shown is forgotten. */
  | { kind: 'session'; base: string; token: string | undefined }
  | { kind: 'bye' };

export type FromWorker =
  | { kind: 'events'; id: number; events: readonly StreamEvent[] }
  /**
   * The stream is over: by itself if there is no `message`. `status` is that of an answer that said no, 0 without an answer, undefined if it
   * broke later.
   */
  | { kind: 'ended'; id: number; status?: number | undefined; message: string | undefined }
  /** The worker is still there. */
  | { kind: 'here' };

/** Milliseconds between two signs of life of the worker. */
export const SIGN_OF_LIFE = 3_000;

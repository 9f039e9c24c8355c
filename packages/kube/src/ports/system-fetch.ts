import type { Fetch } from '../client/http/http-transport.ts';

/** The network. */
export const systemFetch: Fetch = (url, init) => fetch(url, init);

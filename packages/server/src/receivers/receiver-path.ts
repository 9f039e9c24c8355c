import { RECEIVER_TYPES } from '@kargo/api';

/** What the last two segments of a receiver's path look like, below whatever path receivers are served. */
const RECEIVER_PATH = new RegExp(`/(?:${RECEIVER_TYPES.join('|')})/[0-9a-f]{64}$`);

/** Whether a path may be one of a webhook receiver. */
export function isReceiverPath(path: string): boolean {
  return RECEIVER_PATH.test(path);
}

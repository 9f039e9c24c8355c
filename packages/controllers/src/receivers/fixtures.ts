/** Deliveries as senders make them, for tests. */
import { createHmac } from 'node:crypto';
import type { Delivery } from './delivery.ts';

export const SECRET = 's3cr3t-and-long-enough';

/** A delivery with a JSON body. */
export function aDelivery(body: unknown, headers: Record<string, string> = {}, query: Record<string, string> = {}): Delivery {
  return { headers, query, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
}

/** The same, signed in a header, after a prefix. */
export function signed(delivery: Delivery, header: string, prefix = 'sha256=', secret: string = SECRET): Delivery {
  const signature = createHmac('sha256', secret).update(delivery.body).digest('hex');
  return { ...delivery, headers: { ...delivery.headers, [header]: `${prefix}${signature}` } };
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Whether two texts are the same, told in the same time for every text of a length, and without telling how long `expected` is. */
export function isSameSecret(presented: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(presented), digest(expected));
}

/** Whether `presented` is the hexadecimal HMAC-SHA256 of `body` under `secret`, after `prefix`. An absent one is not. */
export function isSignedBy(presented: string | undefined, body: Buffer, secret: string, prefix = ''): boolean {
  if (presented?.startsWith(prefix) !== true) return false;
  const expected = createHmac('sha256', secret).update(body).digest('hex');
  return isSameSecret(presented.slice(prefix.length).toLowerCase(), expected);
}

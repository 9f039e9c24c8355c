import { createHash } from 'node:crypto';

/** Lower-case hexadecimal SHA-1 of the UTF-8 bytes of `text`. Names things; protects nothing. */
export function sha1Hex(text: string): string {
  return createHash('sha1').update(text, 'utf8').digest('hex');
}

/** Lower-case hexadecimal SHA-256 of the UTF-8 bytes of `text`. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

import { byteLength, truncateBytes } from './bytes.ts';
import { sha256Hex } from './hash.ts';

/** Longest value of a Kubernetes label, in bytes. */
export const MAX_LABEL_VALUE = 63;
/** Longest name of a Kubernetes object, in bytes. */
export const MAX_NAME = 253;

const HASH_LENGTH = 8;

/**
 * `text` if it has at most `max` bytes; otherwise as much of its beginning as fits before `-` and eight hexadecimal digits of its hash,
 * so that different long texts stay different. `fits` is false when `max` leaves no room even for the digits; `value` is then `text`.
 */
export function shorten(text: string, max: number): { value: string; fits: boolean } {
  if (byteLength(text) <= max) return { value: text, fits: true };
  if (max < HASH_LENGTH) return { value: text, fits: false };
  const hash = sha256Hex(text).slice(0, HASH_LENGTH);
  if (max <= HASH_LENGTH + 1) return { value: hash, fits: true };
  const head = truncateBytes(text, max - HASH_LENGTH - 1).replace(/-+$/, '');
  return { value: `${head}-${hash}`, fits: true };
}

/** `text` as a label value: unchanged if short enough, otherwise shortened with a hash. */
export function shortenLabel(text: string): string {
  return shorten(text, MAX_LABEL_VALUE).value;
}

/** `text` as an object name: unchanged if short enough, otherwise shortened with a hash. */
export function shortenName(text: string): string {
  return shorten(text, MAX_NAME).value;
}

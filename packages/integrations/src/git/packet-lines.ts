/** The frames of git's protocol: four hexadecimal digits of length, then that much, the digits included. */

/** A frame without content; they part what is said. */
export type Mark = 'flush' | 'delimiter' | 'end';

/** One frame: what it holds, or what it marks. */
export type Packet = Buffer | Mark;

const MARKS: Readonly<Record<number, Mark>> = { 0: 'flush', 1: 'delimiter', 2: 'end' };
const MARK_TEXT: Readonly<Record<Mark, string>> = { flush: '0000', delimiter: '0001', end: '0002' };

/** Writes frames; each text is a line. */
export function writePackets(packets: readonly (Mark | { line: string })[]): string {
  return packets.map((packet) => (typeof packet === 'string' ? MARK_TEXT[packet] : framed(`${packet.line}\n`))).join('');
}

/** Reads frames. Undefined for what is none, or not whole. */
export function readPackets(bytes: Uint8Array): Packet[] | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packets: Packet[] = [];
  for (let at = 0; at < all.length;) {
    const digits = all.toString('latin1', at, at + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) return undefined;
    const length = Number.parseInt(digits, 16);
    const mark = MARKS[length];
    if (mark !== undefined) packets.push(mark);
    else if (length < 4 || at + length > all.length) return undefined;
    else packets.push(all.subarray(at + 4, at + length));
    at += Math.max(length, 4);
  }
  return packets;
}

/** The text of a frame, without the end of its line. */
export function lineOf(packet: Buffer): string {
  return packet.toString('utf8').replace(/\n$/, '');
}

function framed(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}

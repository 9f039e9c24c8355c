/** Just enough DER (ITU-T X.690) to write a certificate. */

function tagged(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const length: number[] = [];
  if (body.length < 128) length.push(body.length);
  else {
    for (let rest = body.length; rest > 0; rest >>= 8) length.unshift(rest & 0xff);
    length.unshift(0x80 | length.length);
  }
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

export const der = {
  sequence: (...items: Uint8Array[]): Buffer => tagged(0x30, ...items),
  set: (...items: Uint8Array[]): Buffer => tagged(0x31, ...items),
  /** A non-negative whole number, most significant byte first. */
  integer: (bytes: Uint8Array): Buffer => tagged(0x02, (bytes[0] ?? 0) > 127 ? Buffer.from([0]) : Buffer.alloc(0), bytes),
  bitString: (bytes: Uint8Array, unusedBits = 0): Buffer => tagged(0x03, Buffer.from([unusedBits]), bytes),
  octetString: (bytes: Uint8Array): Buffer => tagged(0x04, bytes),
  boolean: (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0])),
  utf8: (text: string): Buffer => tagged(0x0c, Buffer.from(text)),
  /** Seconds count, milliseconds do not. */
  time: (ms: number): Buffer => tagged(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')}`)),
  /** A context-specific tag, constructed or primitive. */
  context: (number: number, content: Uint8Array, constructed = true): Buffer =>
    tagged((constructed ? 0xa0 : 0x80) | number, content),
  /** An object identifier in dotted form. */
  oid: (dotted: string): Buffer => {
    const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
    const bytes = [first * 40 + second];
    for (const part of rest) {
      const groups = [part & 0x7f];
      for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
      bytes.push(...groups);
    }
    return tagged(0x06, Buffer.from(bytes));
  },
};

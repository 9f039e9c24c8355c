/** Fields of protobuf messages, written. */
export function text(field: number, value: string): Buffer {
  return delimited(field, Buffer.from(value));
}

export function embedded(field: number, parts: readonly Buffer[]): Buffer {
  return delimited(field, Buffer.concat(parts));
}

export function flag(field: number, value: boolean): Buffer {
  return Buffer.concat([varint(field * 8), varint(value ? 1 : 0)]);
}

function delimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

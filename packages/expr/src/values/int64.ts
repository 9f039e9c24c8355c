const MIN = -(1n << 63n);

/** The integer's low 64 bits, signed: what Go's arithmetic leaves of it. */
export function wrap64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** The whole part of a float as an int. NaN and what does not fit become the smallest int, as on amd64. */
export function truncateToInt(value: number): bigint {
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : MIN;
}
